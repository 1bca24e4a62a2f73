"""`/_sandbox/…` for money that goes back: refunds by hand and their ends, disputes and what banks decide."""

from typing import Any

from sandbox.stripe.app import Sandbox
from sandbox.stripe.disputes import REASONS as DISPUTE_REASONS
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.messages import Request, Response, Route, json_response
from sandbox.stripe.refunds import REASONS as REFUND_REASONS
from sandbox.stripe.routes.controls import ControlRoute

_FIRST_STATES = ("pending", "succeeded")


def charge_of(sandbox: Sandbox, object_id: str) -> StripeObject:
    """Return the charge that paid: by its own id, its intent's or its session's.

    Raises:
        ControlError: 404 without such an object, 409 when it has not been paid.
    """
    found = sandbox.store.find(object_id)
    if found is None:
        raise ControlError(f"No such object: {object_id}", status=404)
    for field in ("payment_intent", "latest_charge"):
        if found["object"] != "charge" and found.get(field):
            found = sandbox.store.find(found[field]) or {"object": "nothing"}
    if found["object"] != "charge" or found["status"] != "succeeded":
        raise ControlError("This has not been paid.", status=409)
    return found


def refund(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Give a payment back, as somebody does in Stripe's own dashboard."""
    order = request.json()
    reason = _choice(order, "reason", REFUND_REASONS)
    status = _choice(order, "status", _FIRST_STATES)
    try:
        made = sandbox.refunds.create(
            charge_of(sandbox, path["id"]),
            amount=_amount(order),
            reason=reason,
            status=status,
            checked=not order.get("unchecked", False),
        )
    except ApiError as error:
        raise ControlError(error.message, status=409) from error
    return json_response(made)


def end_refund(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Have the bank take a refund or send it back."""
    order = request.json()
    reason = str(order.get("reason", "declined"))
    return json_response(sandbox.refunds.end(path["id"], str(order.get("status")), reason))


def dispute(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Have the buyer's bank dispute a payment."""
    order = request.json()
    opened = sandbox.disputes.open(
        charge_of(sandbox, path["id"]),
        amount=_amount(order),
        reason=_choice(order, "reason", DISPUTE_REASONS) or "fraudulent",
        inquiry=bool(order.get("inquiry", False)),
        withdrawn=bool(order.get("withdrawn", True)),
    )
    return json_response(opened)


def move_dispute(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the bank decide a dispute."""
    return json_response(sandbox.disputes.move(path["id"], path["move"]))


def warn(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the card's issuer call a payment fraudulent."""
    return json_response(sandbox.disputes.warn(charge_of(sandbox, path["id"])))


def _amount(order: dict[str, Any]) -> int | None:
    amount = order.get("amount")
    return None if amount is None else int(amount)


def _choice(order: dict[str, Any], name: str, options: tuple[str, ...]) -> str | None:
    value = order.get(name)
    if value is not None and value not in options:
        raise ControlError(f"{name} must be one of {', '.join(options)}")
    return value


ROUTES: list[ControlRoute] = [
    Route("POST", "/_sandbox/payments/{id}/refund", refund),
    Route("POST", "/_sandbox/payments/{id}/dispute", dispute),
    Route("POST", "/_sandbox/payments/{id}/warn", warn),
    Route("POST", "/_sandbox/refunds/{id}/end", end_refund),
    Route("POST", "/_sandbox/disputes/{id}/{move}", move_dispute),
]
