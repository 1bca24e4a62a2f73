"""`/v1/prices`: one-time prices, whose amounts never change."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import ApiError, InvalidParameter, MissingParameter
from sandbox.stripe.kinds import Origin, StripeObject
from sandbox.stripe.limits import AMOUNT_CENTS_MAX
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.objects.catalogue import price, product
from sandbox.stripe.params import Params
from sandbox.stripe.routes.lookup import in_param, in_path, save_changes


def new_price(sandbox: Sandbox, params: Params, product_id: str, origin: Origin) -> StripeObject:
    """Create a price of a product from `price_data` or the like."""
    currency = params.currency()
    if currency is None:
        raise MissingParameter(params.path("currency"))
    unit_amount = params.integer("unit_amount")
    if unit_amount is None:
        raise MissingParameter(params.path("unit_amount"))
    if not 0 <= unit_amount <= AMOUNT_CENTS_MAX:
        message = f"Invalid integer: must be between 0 and {AMOUNT_CENTS_MAX}."
        raise InvalidParameter(params.path("unit_amount"), message)
    body = price(product_id=product_id, currency=currency, unit_amount=unit_amount, now=sandbox.clock.now())
    _apply(sandbox, params, body)
    sandbox.store.add(body)
    sandbox.events.emit("price.created", body, origin=origin)
    return body


def _apply(sandbox: Sandbox, params: Params, body: StripeObject) -> StripeObject:
    if "nickname" in params:
        body["nickname"] = params.text("nickname")
    if (active := params.boolean("active")) is not None:
        body["active"] = active
    behaviour = params.choice("tax_behavior", {"exclusive", "inclusive", "unspecified"})
    body["tax_behavior"] = behaviour or body["tax_behavior"]
    transfer = params.boolean("transfer_lookup_key") or False
    if "lookup_key" in params:
        body["lookup_key"] = params.text("lookup_key")
        _claim_lookup_key(sandbox, body, transfer=transfer)
    body["metadata"] = params.metadata(body["metadata"])
    return body


def _claim_lookup_key(sandbox: Sandbox, body: StripeObject, *, transfer: bool) -> None:
    """A lookup key belongs to one price; it moves only when asked to."""
    row = sandbox.store.row(
        "SELECT id FROM objects WHERE kind = 'price' AND id <> ? AND json_extract(body, '$.lookup_key') = ?",
        (body["id"], body["lookup_key"]),
    )
    if row is None:
        return
    if not transfer:
        message = f"A price (`{row['id']}`) already uses that lookup key."
        raise ApiError(message, param="lookup_key")
    holder = sandbox.store.find(row["id"])
    assert holder is not None
    sandbox.store.save(holder | {"lookup_key": None})


def create(sandbox: Sandbox, call: Call) -> StripeObject:
    """Create a price of a known product, or of one made from `product_data`."""
    product_id = call.params.text("product")
    product_data = call.params.child("product_data")
    if (product_id is None) == (product_data is None):
        raise ApiError("You must specify one of: product, product_data.", param="product")
    if product_data is not None:
        body = product(
            product_id=product_data.text("id"),
            name=product_data.required_text("name"),
            now=sandbox.clock.now(),
        )
        body["metadata"] = product_data.metadata()
        sandbox.store.add(body)
        sandbox.events.emit("product.created", body, origin=call.origin)
        product_id = str(body["id"])
    assert product_id is not None
    in_param(sandbox, "product", product_id, "product")
    return new_price(sandbox, call.params, product_id, call.origin)


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a price."""
    return in_path(sandbox, call, "price")


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Change what may change: never the amount, currency or product."""
    before = in_path(sandbox, call, "price")
    return save_changes(sandbox, call, before, _apply(sandbox, call.params, dict(before)), "price.updated")


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List prices, by product, `active`, currency, type and lookup keys if asked."""
    query = Query(sandbox.store, call.params, kind="price")
    query.filter_created()
    query.filter_active()
    query.filter_texts("product")
    for name in ("currency", "type"):
        value = call.params.text(name)
        if value is not None:
            query.where(f"json_extract(body, '$.{name}') = ?", value)
    keys = call.params.texts("lookup_keys")
    if keys:
        query.where(f"json_extract(body, '$.lookup_key') IN ({', '.join('?' * len(keys))})", *keys)
    return query.page("/v1/prices")


ROUTES: list[ApiRoute] = [
    Route("POST", "/v1/prices", create),
    Route("GET", "/v1/prices", list_all),
    Route("GET", "/v1/prices/{id}", retrieve),
    Route("POST", "/v1/prices/{id}", update),
]
