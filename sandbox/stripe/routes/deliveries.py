"""`/_sandbox/…` for webhooks: hold back, release in an order, drop, duplicate, resend, retry, wait, list."""

import time
from typing import Any

from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import ControlError
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.limits import DUPLICATES_MAX, WAIT_SECONDS_MAX
from sandbox.stripe.messages import Request, Response, Route, json_response
from sandbox.stripe.routes.controls import ControlRoute
from sandbox.stripe.sender import Outcome


def hold(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Hold deliveries back, all or by type."""
    sandbox.queue.hold(_types(request.json()))
    return json_response({})


def release(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """End a hold and send what was held: one after the other in the given order, or all at once."""
    order = request.json()
    deliveries = sandbox.queue.release(str(order.get("order", "created")), order.get("seed"), _types(order))
    return _outcomes(sandbox.courier.deliver_in_order(deliveries))


def drop(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Lose what is held now, or the next deliveries of some types."""
    order = request.json()
    if order.get("held"):
        return json_response({"dropped": sandbox.queue.drop_held()})
    sandbox.queue.drop_next(_types(order), int(order.get("count", 1)))
    return json_response({})


def copies(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Deliver each event that many times from now on."""
    count = int(request.json().get("count", 1))
    if not 1 <= count <= DUPLICATES_MAX:
        raise ControlError(f"count must be between 1 and {DUPLICATES_MAX}")
    sandbox.store.keep("copies", count)
    return json_response({})


def duplicate(sandbox: Sandbox, request: Request, path: dict[str, str]) -> Response:
    """Tell an event again, under its own id, some times at once or one after the other."""
    order = request.json()
    times = int(order.get("times", 1))
    if not 1 <= times <= DUPLICATES_MAX:
        raise ControlError(f"times must be between 1 and {DUPLICATES_MAX}")
    deliveries = sandbox.queue.duplicates_of(_event(sandbox, path["id"]), times)
    if order.get("concurrently", True):
        return _outcomes(sandbox.courier.deliver_at_once(deliveries))
    return _outcomes(sandbox.courier.deliver_in_order(deliveries))


def resend(sandbox: Sandbox, _request: Request, path: dict[str, str]) -> Response:
    """Tell the same object in an event with a new id."""
    event = sandbox.events.resend(path["id"])
    if event is None:
        raise ControlError(f"No such event: {path['id']}", status=404)
    return json_response(event)


def wait(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """Answer when nothing is left to deliver (of one event, or at all), or say after a time that there is."""
    order = request.json()
    deadline = time.monotonic() + min(float(order.get("seconds", 10)), WAIT_SECONDS_MAX)
    with sandbox.store.lock:
        while True:
            left = sandbox.queue.unfinished(
                event=order.get("event"), ignore_retries=bool(order.get("ignore_retries", False))
            )
            remaining = deadline - time.monotonic()
            if left == 0 or remaining <= 0:
                return json_response({"unfinished": left})
            sandbox.queue.changed.wait(remaining)


def deliveries(sandbox: Sandbox, request: Request, _path: dict[str, str]) -> Response:
    """List deliveries and their attempts, oldest first, by event or type if asked."""
    order = request.json()
    with sandbox.store.lock:
        found = sandbox.store.rows(
            "SELECT d.*, json_extract(o.body, '$.url') AS url FROM deliveries d"
            " LEFT JOIN objects o ON o.id = d.endpoint"
            " WHERE (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR type = ?2) ORDER BY d.id",
            (order.get("event"), order.get("type")),
        )
        listed = [dict(row) | {"attempts": _attempts(sandbox, row["id"])} for row in found]
    return json_response(listed)


def retry(sandbox: Sandbox, _request: Request, _path: dict[str, str]) -> Response:
    """Make what waits for another try due now, instead of waiting for it."""
    return json_response({"due": sandbox.queue.retry_now()})


def _attempts(sandbox: Sandbox, delivery: int) -> list[dict[str, Any]]:
    sql = "SELECT at, status, error, seconds FROM attempts WHERE delivery = ? ORDER BY id"
    return [dict(row) for row in sandbox.store.rows(sql, (delivery,))]


def _event(sandbox: Sandbox, event_id: str) -> StripeObject:
    found = sandbox.events.find(event_id)
    if found is None:
        raise ControlError(f"No such event: {event_id}", status=404)
    return found


def _outcomes(outcomes: list[Outcome | None]) -> Response:
    return json_response({"statuses": [outcome.status if outcome else None for outcome in outcomes]})


def _types(order: dict[str, Any]) -> list[str]:
    types = order.get("types") or ["*"]
    if not isinstance(types, list) or not all(isinstance(name, str) for name in types):
        raise ControlError("types must be a list of texts.")
    return types


ROUTES: list[ControlRoute] = [
    Route("POST", "/_sandbox/hold", hold),
    Route("POST", "/_sandbox/release", release),
    Route("POST", "/_sandbox/drop", drop),
    Route("POST", "/_sandbox/copies", copies),
    Route("POST", "/_sandbox/events/{id}/duplicate", duplicate),
    Route("POST", "/_sandbox/events/{id}/resend", resend),
    Route("POST", "/_sandbox/retry", retry),
    Route("POST", "/_sandbox/wait", wait),
    Route("POST", "/_sandbox/deliveries", deliveries),
]
