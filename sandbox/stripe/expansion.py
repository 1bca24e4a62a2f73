"""`expand[]`: puts whole objects where ids stand, and adds what is left out by default."""

import json
from collections.abc import Callable
from typing import Any

from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.limits import EXPAND_DEPTH_MAX, EXPAND_PATHS_MAX
from sandbox.stripe.store import Store

#: Fields that hold the id of another object, by kind.
REFERENCES = {
    "balance_transaction": {"source"},
    "charge": {"customer", "payment_intent", "balance_transaction", "failure_balance_transaction", "review"},
    "checkout.session": {
        "customer",
        "payment_intent",
        "invoice",
        "setup_intent",
        "subscription",
        "payment_link",
    },
    "customer": {"default_source", "test_clock"},
    "dispute": {"charge", "payment_intent"},
    "payment_intent": {"customer", "latest_charge", "payment_method", "review", "on_behalf_of"},
    "payment_method": {"customer"},
    "price": {"product"},
    "product": {"default_price", "tax_code"},
    "radar.early_fraud_warning": {"charge", "payment_intent"},
    "refund": {"balance_transaction", "charge", "failure_balance_transaction", "payment_intent"},
}
#: Expandable fields that are there in full already, or that these objects never have.
_PLAIN = {
    "charge": {"application_fee", "source_transfer", "transfer"},
    "checkout.session": {"discounts", "total_details"},
    "customer": {"discount", "tax"},
    "price": {"tiers"},
    "refund": {"source_transfer_reversal", "transfer_reversal"},
}

Extra = Callable[[Store, StripeObject], Any]


def empty_list(url: str) -> StripeObject:
    """Return a list object without entries."""
    return {"object": "list", "data": [], "has_more": False, "url": url}


def shown_item(store: Store, item: StripeObject) -> StripeObject:
    """Return a line item as the API shows it: with its price in full."""
    return item | {"price": store.find(item["price"], "price")}


def _line_items(store: Store, session: StripeObject) -> StripeObject:
    items = [shown_item(store, item) for item in store.children(session["id"])]
    return empty_list(f"/v1/checkout/sessions/{session['id']}/line_items") | {"data": items}


def _refunds(store: Store, charge: StripeObject) -> StripeObject:
    rows = store.rows(
        "SELECT body FROM objects WHERE kind = 'refund' AND json_extract(body, '$.charge') = ?"
        " ORDER BY created DESC, seq DESC",
        (charge["id"],),
    )
    refunds = [json.loads(row["body"]) for row in rows]
    return empty_list(f"/v1/charges/{charge['id']}/refunds") | {"data": refunds}


def _currency_options(_store: Store, price: StripeObject) -> StripeObject:
    return {
        price["currency"]: {
            "custom_unit_amount": None,
            "tax_behavior": price["tax_behavior"],
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
    }


def _of_customer(field: str) -> Extra:
    return lambda _store, customer: empty_list(f"/v1/customers/{customer['id']}/{field}")


#: Fields that appear only when they are asked for, by kind.
EXTRAS: dict[str, dict[str, Extra]] = {
    "charge": {"refunds": _refunds},
    "checkout.session": {"line_items": _line_items},
    "customer": {name: _of_customer(name) for name in ("sources", "subscriptions", "tax_ids")},
    "item": {"discounts": lambda _store, _item: [], "taxes": lambda _store, _item: []},
    "price": {"currency_options": _currency_options},
}


def expand(store: Store, shown: StripeObject, paths: list[str], param: str = "expand") -> StripeObject:
    """Return the object with each dotted path expanded.

    Raises:
        InvalidParameter: a path that leads nowhere, is too deep, or too many of them.
    """
    if len(paths) > EXPAND_PATHS_MAX:
        raise InvalidParameter(param, f"You cannot expand more than {EXPAND_PATHS_MAX} properties.")
    for path in sorted(paths):
        names = path.split(".")
        if len(names) > EXPAND_DEPTH_MAX:
            raise InvalidParameter(param, "You cannot expand more than 4 levels of a property.")
        shown = _walk(store, shown, names, param)
    return shown


def _walk(store: Store, value: Any, names: list[str], param: str) -> Any:
    if not names or value is None:
        return value
    if isinstance(value, list):
        return [_walk(store, child, names, param) for child in value]
    if not isinstance(value, dict):
        raise _cannot(names[0], param)
    name, rest = names[0], names[1:]
    found = _field(store, value, name, rest, param)
    if found is None and name not in value:
        return value
    return value | {name: _walk(store, found, rest, param)}


def _field(store: Store, owner: StripeObject, name: str, rest: list[str], param: str) -> Any:
    kind = owner.get("object", "")
    current = owner.get(name)
    if isinstance(current, str) and name in REFERENCES.get(kind, ()):
        return store.find(current)
    if name not in owner and name in EXTRAS.get(kind, {}):
        return EXTRAS[kind][name](store, owner)
    if kind == "" and name == "breakdown" and "amount_discount" in owner:  # a session's total_details
        return {"discounts": [], "taxes": []}
    known = name in REFERENCES.get(kind, ()) or name in EXTRAS.get(kind, {}) or name in _PLAIN.get(kind, ())
    if known or (rest and isinstance(current, dict | list)):
        return current
    raise _cannot(name, param)


def _cannot(name: str, param: str) -> InvalidParameter:
    return InvalidParameter(param, f"This property cannot be expanded ({name}).")
