"""`/v1/checkout/sessions`: hosted, in payment mode, by card or bank debit."""

from typing import Any

from sandbox.stripe import limits
from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.checkout import KIND
from sandbox.stripe.errors import ApiError, InvalidParameter, MissingParameter, NoSuchObject
from sandbox.stripe.expansion import shown_item
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.params import Params
from sandbox.stripe.routes.line_items import read_line_items
from sandbox.stripe.routes.lookup import in_param, in_path, save_changes

_SUBMIT_TYPES = {"auto", "book", "donate", "pay"}
BANK_DEBIT = "us_bank_account"
PAYMENT_METHODS = ("card", BANK_DEBIT)
_TEXT_PLACES = ("after_submit", "submit")


def create(sandbox: Sandbox, call: Call) -> StripeObject:
    """Open a session."""
    params = call.params
    _only_what_is_here(params)
    customer_id = params.text("customer")
    given = _given(sandbox, params)
    if customer_id is not None and given["customer_email"] is not None:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise ApiError(message, param="customer")
    customer = in_param(sandbox, "customer", customer_id, "customer") if customer_id else None
    items = read_line_items(sandbox, params, call.origin)
    given["payment_method_types"] = _payment_method_types(params, items[0]["currency"])
    return sandbox.checkout.open(given, items, customer)


def _only_what_is_here(params: Params) -> None:
    """Name what of Stripe's choices this sandbox has; the others are refused, not ignored."""
    if params.choice("mode", {"payment"}) is None:
        raise MissingParameter("mode")
    params.choice("ui_mode", {"hosted_page"})
    for method in params.texts("payment_method_types"):
        if method not in PAYMENT_METHODS:
            raise InvalidParameter("payment_method_types", f"This sandbox has no payment method {method}.")
    for name in ("automatic_tax", "invoice_creation", "phone_number_collection"):
        switch = params.child(name)
        if switch is not None and switch.boolean("enabled"):
            raise InvalidParameter(f"{name}[enabled]", f"This sandbox has no {name}.")


def _payment_method_types(params: Params, currency: str) -> list[str]:
    """Return how the session can be paid: as it asks, else all that takes its currency. Debits are in dollars."""
    asked = params.texts("payment_method_types")
    if BANK_DEBIT in asked and currency != "usd":
        message = f"The currency provided ({currency}) is invalid for the payment method {BANK_DEBIT}."
        raise InvalidParameter("payment_method_types", message)
    return asked or [method for method in PAYMENT_METHODS if method != BANK_DEBIT or currency == "usd"]


def _given(sandbox: Sandbox, params: Params) -> dict[str, Any]:
    success_url = params.url("success_url")
    if success_url is None:
        raise MissingParameter("success_url")
    email = params.text("customer_email", max_length=800)
    if email is not None and "@" not in email:
        raise InvalidParameter("customer_email", f"Invalid email address: {email}", "email_invalid")
    adaptive = params.child("adaptive_pricing")
    return {
        "adaptive_pricing": (adaptive.boolean("enabled") or False) if adaptive else False,
        "allow_promotion_codes": params.boolean("allow_promotion_codes"),
        "billing_address_collection": params.choice("billing_address_collection", {"auto", "required"}),
        "cancel_url": params.url("cancel_url"),
        "client_reference_id": params.text("client_reference_id", max_length=200),
        "custom_text": _custom_text(params),
        "customer_creation": params.choice("customer_creation", {"always", "if_required"}),
        "customer_email": email,
        "expires_at": _expires_at(params, sandbox.clock.now()),
        "locale": params.text("locale", max_length=10),
        "metadata": params.metadata(),
        "payment_intent_data": _payment_intent_data(params),
        "submit_type": params.choice("submit_type", _SUBMIT_TYPES),
        "success_url": success_url,
    }


def _custom_text(params: Params) -> dict[str, Any]:
    texts = params.child("custom_text")
    if texts is None:
        return {}
    places = {place: texts.child(place) for place in _TEXT_PLACES}
    return {place: {"message": text.required_text("message")} for place, text in places.items() if text}


def _expires_at(params: Params, now: int) -> int:
    expires_at = params.integer("expires_at")
    if expires_at is None:
        return now + limits.SESSION_LIFE_SECONDS_DEFAULT
    if expires_at < now + limits.SESSION_LIFE_SECONDS_MIN:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise InvalidParameter("expires_at", message)
    if expires_at > now + limits.SESSION_LIFE_SECONDS_MAX:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise InvalidParameter("expires_at", message)
    return expires_at


def _payment_intent_data(params: Params) -> dict[str, Any]:
    data = params.child("payment_intent_data")
    if data is None:
        return {}
    data.choice("capture_method", {"automatic", "automatic_async"})
    return {
        "description": data.text("description"),
        "metadata": data.metadata(),
        "receipt_email": data.text("receipt_email"),
        "setup_future_usage": data.choice("setup_future_usage", {"off_session", "on_session"}),
        "statement_descriptor": data.text("statement_descriptor", max_length=22),
        "statement_descriptor_suffix": data.text("statement_descriptor_suffix", max_length=22),
    }


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a session as it stands now."""
    found = sandbox.checkout.find(call.path["id"])
    if found is None:
        raise NoSuchObject(KIND, call.path["id"])
    return found


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Change a session's metadata; nothing else may change."""
    before = retrieve(sandbox, call)
    after = before | {"metadata": call.params.metadata(before["metadata"])}
    return save_changes(sandbox, call, before, after)


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List sessions, by customer, payment intent, status or the buyer's e-mail if asked."""
    sandbox.checkout.expire_due()
    query = Query(sandbox.store, call.params, kind=KIND)
    query.filter_created()
    query.filter_texts("customer", "payment_intent", "status")
    details = call.params.child("customer_details")
    if details is not None:
        email = details.required_text("email")
        query.where("json_extract(body, '$.customer_details.email') = ?", email)
    return query.page("/v1/checkout/sessions")


def list_line_items(sandbox: Sandbox, call: Call) -> StripeObject:
    """List a session's line items, in the order they were given."""
    found = in_path(sandbox, call, KIND)
    query = Query(sandbox.store, call.params, kind="item")
    query.where("parent = ?", found["id"])
    query.in_order_of_creation()
    url = f"/v1/checkout/sessions/{found['id']}/line_items"
    return query.page(url, lambda item: shown_item(sandbox.store, item))


def expire(sandbox: Sandbox, call: Call) -> StripeObject:
    """Expire an open session."""
    retrieve(sandbox, call)
    return sandbox.checkout.expire(call.path["id"], call.origin)


ROUTES: list[ApiRoute] = [
    Route("POST", "/v1/checkout/sessions", create),
    Route("GET", "/v1/checkout/sessions", list_all),
    Route("GET", "/v1/checkout/sessions/{id}", retrieve),
    Route("POST", "/v1/checkout/sessions/{id}", update),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", list_line_items),
    Route("POST", "/v1/checkout/sessions/{id}/expire", expire),
]
