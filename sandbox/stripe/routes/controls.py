"""`/_sandbox/…`: what a test may do behind the API's back. JSON in, JSON out; see `sandbox.stripe.client`."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.app import Sandbox
from sandbox.stripe.banks import POOR, SETTLING_NUMBER, find_account
from sandbox.stripe.cards import PAYING_NUMBER, find_card
from sandbox.stripe.checkout import Payer
from sandbox.stripe.debits import BankPayer
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.failures import Failure
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.messages import Request, Response, Route, json_response
from sandbox.stripe.routes.webhook_endpoints import check_event_types

ControlHandler = Callable[[Sandbox, Request, dict[str, str]], Response]
ControlRoute = Route[ControlHandler]

_EXP_YEARS_AHEAD = 4
_SECONDS_PER_YEAR = 31_556_952


def reset(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Forget everything."""
    sandbox.reset(keep_endpoints=bool(request.json().get("keep_endpoints", False)))
    return json_response({})


def register_endpoint(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Register or replace the endpoint at a url, with a secret of the caller's choice."""
    order = request.json()
    try:
        types = check_event_types(order.get("enabled_events") or ["*"])
    except ApiError as error:
        raise ControlError(error.message) from error
    return json_response(sandbox.register_endpoint(_text(order, "url"), order.get("secret"), types))


def clock(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Advance the clock, expire what is due, and make due retries go out."""
    sandbox.clock.advance(float(request.json().get("advance_seconds", 0)))
    expired = sandbox.pass_time()
    with sandbox.store.lock:
        sandbox.queue.work.notify_all()
    return json_response({"now": sandbox.clock.now(), "expired_sessions": expired})


def pay(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Pay a session with a test card, as a person would on the pay page."""
    order = request.json()
    card = find_card(str(order.get("card", PAYING_NUMBER)))
    if card is None:
        raise ControlError("No test card has this number.")
    this_year = 1970 + sandbox.clock.now() // _SECONDS_PER_YEAR
    payer = Payer(
        card=card,
        exp_month=12,
        exp_year=this_year + _EXP_YEARS_AHEAD,
        email=str(order.get("email", "buyer@example.com")),
        name=str(order.get("name", "Alice Buyer")),
        country=str(order.get("country", "US")),
    )
    attempt = sandbox.checkout.pay(path["id"], payer)
    answer = {
        "paid": attempt.paid,
        "decline_code": attempt.decline_code,
        "message": attempt.message,
        "session": attempt.session,
    }
    return json_response(answer)


def debit(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Pay a session by bank debit, as a person would on the pay page."""
    order = request.json()
    account = find_account(str(order.get("account", SETTLING_NUMBER)))
    if account is None:
        raise ControlError("No test bank account has this number.")
    payer = BankPayer(
        account=account,
        email=str(order.get("email", "buyer@example.com")),
        name=str(order.get("name", "Alice Buyer")),
    )
    return json_response(sandbox.checkout.debit(path["id"], payer))


def settle(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Have the bank pay a debit now."""
    return json_response(sandbox.checkout.debits.settle(path["id"]))


def fail_debit(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Have the bank refuse a debit, also after it had paid."""
    code = str(request.json().get("code", POOR.code))
    return json_response(sandbox.checkout.debits.fail(path["id"], code))


def edit(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Replace fields of a stored object or event, without an event and without a check."""
    fields = request.json()
    sandbox.journal.spare(path["id"])
    with sandbox.store.transaction():
        event = sandbox.events.find(path["id"])
        if event is not None:
            sandbox.events.save(event | fields)
            return json_response(event | fields)
        found = _object(sandbox, path["id"])
        sandbox.store.save(found | fields)
        return json_response(found | fields)


def show(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Show an object or event without counting an API request."""
    return json_response(sandbox.events.find(path["id"]) or _object(sandbox, path["id"]))


def emit(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Emit any event around an object: one that is stored (by id), or any JSON."""
    order = request.json()
    about = order.get("object")
    if isinstance(about, str):
        about = _object(sandbox, about)
    elif isinstance(about, dict):
        sandbox.journal.spare(about.get("id"))
    if not isinstance(about, dict):
        raise ControlError("object must be an id or an object.")
    event = sandbox.events.emit(
        _text(order, "type"),
        about,
        previous=order.get("previous_attributes"),
        livemode=bool(order.get("livemode", False)),
    )
    return json_response(event)


def events(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """List events, oldest first, by object and type if asked."""
    order = request.json()
    return json_response(sandbox.events.about(order.get("object"), order.get("type")))


def requests(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
    """Say what was asked of the API."""
    return json_response(sandbox.requests.summary())


def forget_requests(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
    """Start counting anew."""
    sandbox.requests.clear()
    return json_response({})


def fail(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Order trouble for the next API requests."""
    order = request.json()
    failure = Failure(
        kind=_text(order, "kind"),
        left=int(order.get("count", 1)),
        method=str(order.get("method", "*")),
        path=str(order.get("path", "*")),
        status=int(order.get("status", 500)),
        seconds=float(order.get("seconds", 0)),
    )
    sandbox.failures.order(failure)
    return json_response({})


def stop_failing(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
    """Cancel the trouble that is still to come."""
    sandbox.failures.clear()
    return json_response({})


def _object(sandbox: Sandbox, object_id: str) -> StripeObject:
    found = sandbox.store.find(object_id)
    if found is None:
        raise ControlError(f"No such object: {object_id}", status=404)
    return found


def _text(order: dict[str, Any], name: str) -> str:
    value = order.get(name)
    if not isinstance(value, str) or not value:
        raise ControlError(f"{name} must be a text.")
    return value


ROUTES: list[ControlRoute] = [
    Route("POST", "/_sandbox/reset", reset),
    Route("POST", "/_sandbox/endpoint", register_endpoint),
    Route("POST", "/_sandbox/clock", clock),
    Route("POST", "/_sandbox/sessions/{id}/pay", pay),
    Route("POST", "/_sandbox/sessions/{id}/debit", debit),
    Route("POST", "/_sandbox/sessions/{id}/settle", settle),
    Route("POST", "/_sandbox/sessions/{id}/fail", fail_debit),
    Route("POST", "/_sandbox/objects/{id}", edit),
    Route("GET", "/_sandbox/objects/{id}", show),
    Route("POST", "/_sandbox/emit", emit),
    Route("POST", "/_sandbox/events", events),
    Route("GET", "/_sandbox/requests", requests),
    Route("DELETE", "/_sandbox/requests", forget_requests),
    Route("POST", "/_sandbox/failures", fail),
    Route("DELETE", "/_sandbox/failures", stop_failing),
]
