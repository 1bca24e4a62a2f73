"""`/v1/disputes`, and the early fraud warnings that may come before them."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.disputes import KIND
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.objects.dispute import EVIDENCE_TEXTS
from sandbox.stripe.params import Params
from sandbox.stripe.routes.lookup import in_path

WARNING = "radar.early_fraud_warning"
_CLOSED = ("lost", "prevented", "warning_closed", "won")


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a dispute."""
    return in_path(sandbox, call, KIND)


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Keep evidence, and send it to the bank unless `submit` says not to."""
    found = in_path(sandbox, call, KIND)
    evidence = _evidence(call.params)
    submit = call.params.boolean("submit")
    if evidence and found["status"] in _CLOSED:
        raise ApiError("This dispute is already closed", param="evidence")
    return sandbox.disputes.update(
        found,
        evidence=evidence,
        metadata=call.params.metadata(found["metadata"]),
        submit=bool(evidence) if submit is None else submit,
        origin=call.origin,
    )


def _evidence(params: Params) -> dict[str, str | None]:
    """Words only: this sandbox keeps no files."""
    given = params.child("evidence")
    return {name: given.text(name) for name in EVIDENCE_TEXTS if name in given} if given else {}


def close(sandbox: Sandbox, call: Call) -> StripeObject:
    """Give a dispute up: it is lost."""
    found = in_path(sandbox, call, KIND)
    try:
        return sandbox.disputes.move(found["id"], "lose")
    except ControlError as error:
        raise ApiError("This dispute is already closed") from error


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List disputes, by charge or payment intent if asked."""
    query = Query(sandbox.store, call.params, kind=KIND)
    query.filter_created()
    query.filter_texts("charge", "payment_intent")
    return query.page("/v1/disputes")


def retrieve_warning(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return an early fraud warning."""
    return in_path(sandbox, call, WARNING)


def list_warnings(sandbox: Sandbox, call: Call) -> StripeObject:
    """List early fraud warnings, by charge or payment intent if asked."""
    query = Query(sandbox.store, call.params, kind=WARNING)
    query.filter_created()
    query.filter_texts("charge", "payment_intent")
    return query.page("/v1/radar/early_fraud_warnings")


ROUTES: list[ApiRoute] = [
    Route("GET", "/v1/disputes", list_all),
    Route("GET", "/v1/disputes/{id}", retrieve),
    Route("POST", "/v1/disputes/{id}", update),
    Route("POST", "/v1/disputes/{id}/close", close),
    Route("GET", "/v1/radar/early_fraud_warnings", list_warnings),
    Route("GET", "/v1/radar/early_fraud_warnings/{id}", retrieve_warning),
]
