"""`/v1/payment_intents`, `/v1/charges`, `/v1/payment_methods`: made by checkout, read here."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.routes.lookup import in_path


def retrieve_intent(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a payment intent."""
    return in_path(sandbox, call, "payment_intent")


def list_intents(sandbox: Sandbox, call: Call) -> StripeObject:
    """List payment intents, by customer if asked."""
    query = Query(sandbox.store, call.params, kind="payment_intent")
    query.filter_created()
    query.filter_texts("customer")
    return query.page("/v1/payment_intents")


def retrieve_charge(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a charge."""
    return in_path(sandbox, call, "charge")


def list_charges(sandbox: Sandbox, call: Call) -> StripeObject:
    """List charges, by customer or payment intent if asked."""
    query = Query(sandbox.store, call.params, kind="charge")
    query.filter_created()
    query.filter_texts("customer", "payment_intent")
    return query.page("/v1/charges")


def retrieve_method(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a payment method."""
    return in_path(sandbox, call, "payment_method")


ROUTES: list[ApiRoute] = [
    Route("GET", "/v1/payment_intents", list_intents),
    Route("GET", "/v1/payment_intents/{id}", retrieve_intent),
    Route("GET", "/v1/charges", list_charges),
    Route("GET", "/v1/charges/{id}", retrieve_charge),
    Route("GET", "/v1/payment_methods/{id}", retrieve_method),
]
