"""`/v1/refunds`."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import ApiError, InvalidParameter
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.params import Params
from sandbox.stripe.refunds import KIND, REASONS
from sandbox.stripe.routes.lookup import in_param, in_path, save_changes


def create(sandbox: Sandbox, call: Call) -> StripeObject:
    """Give a charge back, whole or in part."""
    params = call.params
    charge = _charge(sandbox, params)
    return sandbox.refunds.create(
        charge,
        amount=params.integer("amount"),
        reason=params.choice("reason", REASONS),
        metadata=params.metadata(),
        origin=call.origin,
    )


def _charge(sandbox: Sandbox, params: Params) -> StripeObject:
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if charge_id is None and intent_id is None:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise ApiError(message, code="parameter_missing")
    if intent_id is None:
        return in_param(sandbox, "charge", str(charge_id), "charge")
    intent = in_param(sandbox, "payment_intent", intent_id, "payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
        raise InvalidParameter("payment_intent", message)
    if charge_id not in (None, intent["latest_charge"]):
        raise InvalidParameter("charge", f"The charge {charge_id} is not one of {intent_id}.")
    return in_param(sandbox, "charge", intent["latest_charge"], "charge")


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a refund."""
    return in_path(sandbox, call, KIND)


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Change a refund's metadata; nothing else may change."""
    before = in_path(sandbox, call, KIND)
    after = before | {"metadata": call.params.metadata(before["metadata"])}
    return save_changes(sandbox, call, before, after, "refund.updated")


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List refunds, by charge or payment intent if asked."""
    query = Query(sandbox.store, call.params, kind=KIND)
    query.filter_created()
    query.filter_texts("charge", "payment_intent")
    return query.page("/v1/refunds")


def list_of_charge(sandbox: Sandbox, call: Call) -> StripeObject:
    """List a charge's refunds."""
    charge = in_path(sandbox, call, "charge")
    query = Query(sandbox.store, call.params, kind=KIND)
    query.where("json_extract(body, '$.charge') = ?", charge["id"])
    return query.page(f"/v1/charges/{charge['id']}/refunds")


ROUTES: list[ApiRoute] = [
    Route("POST", "/v1/refunds", create),
    Route("GET", "/v1/refunds", list_all),
    Route("GET", "/v1/refunds/{id}", retrieve),
    Route("POST", "/v1/refunds/{id}", update),
    Route("GET", "/v1/charges/{id}/refunds", list_of_charge),
]
