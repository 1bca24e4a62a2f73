"""Steers a running sandbox from a test: the typed face of `/_sandbox/…`.

Every call is one request and returns when its effect is there; nothing needs a sleep. Failed calls raise
`SandboxRefused` with what the sandbox said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.stripe.client_calls import SandboxRefused
from sandbox.stripe.client_payments import Paid, PaymentControls

Order = Literal["created", "reversed", "shuffled", "concurrent"]
FailureKind = Literal["status", "reset", "reset_after", "delay"]
__all__ = ["Order", "Paid", "SandboxControls", "SandboxRefused", "StillDelivering"]


class StillDelivering(Exception):
    """Deliveries were not finished in the time given."""


@dataclass(frozen=True)
class Attempt:
    """One post of a webhook: its answer's status, or an error without one. `at` is the sandbox's time."""

    at: float
    status: int | None
    error: str | None
    seconds: float


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint; for `state` and `cause` see `sandbox.stripe.kinds`."""

    id: int
    event: str
    type: str
    endpoint: str
    url: str | None
    cause: str
    state: str
    last_status: int | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Requests:
    """What was asked of the API: `by_path` counts by e.g. `POST /v1/customers`; `latest` has the details."""

    total: int
    by_path: dict[str, int]
    latest: list[dict[str, Any]]


class SandboxControls(PaymentControls):
    """The controls of one sandbox. `base_url` is what it printed as `STRIPE_API_BASE`."""

    def reset(self, *, keep_endpoints: bool = False) -> None:
        """Forget every object, event, delivery, hold, failure, count and clock change."""
        self._call("POST", "/reset", {"keep_endpoints": keep_endpoints})

    def register_endpoint(
        self, url: str, *, secret: str | None = None, enabled_events: Sequence[str] = ("*",)
    ) -> dict[str, Any]:
        """Make sure exactly one endpoint has this url; return it with its `secret`."""
        order = {"url": url, "secret": secret, "enabled_events": list(enabled_events)}
        return self._object("POST", "/endpoint", order)

    def advance_clock(self, seconds: float) -> int:
        """Move the sandbox's time ahead: sessions expire, debits end, retries come due. Returns the new time."""
        return int(self._object("POST", "/clock", {"advance_seconds": seconds})["now"])

    def object(self, object_id: str) -> dict[str, Any]:
        """Return a stored object or event as it is, without counting as an API request."""
        return self._object("GET", f"/objects/{object_id}")

    def edit(self, object_id: str, **fields: Any) -> dict[str, Any]:
        """Replace top-level fields of an object or event behind the API's back; returns what it is now."""
        return self._object("POST", f"/objects/{object_id}", fields)

    def emit(
        self,
        event_type: str,
        about: str | Mapping[str, Any],
        *,
        livemode: bool = False,
        previous_attributes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Emit an event about a stored object (its id, as it is now) or about any JSON; returns the event."""
        order = {
            "type": event_type,
            "object": about,
            "livemode": livemode,
            "previous_attributes": previous_attributes,
        }
        return self._object("POST", "/emit", order)

    def events(self, *, about: str | None = None, event_type: str | None = None) -> list[dict[str, Any]]:
        """Return events, oldest first, without counting as an API request."""
        return self._list("/events", {"object": about, "type": event_type})

    def hold(self, *types: str) -> None:
        """Hold deliveries back, waiting ones too; types may be patterns (`charge.*`), none is all."""
        self._call("POST", "/hold", {"types": list(types)})

    def release(self, *types: str, order: Order = "created", seed: int | None = None) -> list[int | None]:
        """End the hold (given types must be as they were held) and deliver.

        Sends one after the other in the order, and returns their statuses (None: no answer);
        "concurrent" leaves it to the workers and returns at once.
        """
        answer = self._object("POST", "/release", {"types": list(types), "order": order, "seed": seed})
        return list(answer["statuses"])

    def drop_held(self) -> int:
        """Lose everything that is held; returns how many deliveries. The hold goes on."""
        return int(self._object("POST", "/drop", {"held": True})["dropped"])

    def drop_next(self, *types: str, count: int = 1) -> None:
        """Lose the next deliveries of these types (none is all)."""
        self._call("POST", "/drop", {"types": list(types), "count": count})

    def retry_now(self) -> int:
        """Make what waits for another try due at once; returns how many deliveries."""
        return int(self._object("POST", "/retry")["due"])

    def deliver_each(self, times: int) -> None:
        """Deliver each event that many times from now on, under its one id."""
        self._call("POST", "/copies", {"count": times})

    def duplicate(self, event_id: str, times: int = 1, *, concurrently: bool = True) -> list[int | None]:
        """Deliver an event again under its own id; returns the statuses."""
        order = {"times": times, "concurrently": concurrently}
        return list(self._object("POST", f"/events/{event_id}/duplicate", order)["statuses"])

    def resend(self, event_id: str) -> dict[str, Any]:
        """Tell the same object, as it was then, in an event with a new id; returns that event."""
        return self._object("POST", f"/events/{event_id}/resend")

    def wait_until_idle(self, seconds: float = 60.0, *, ignore_retries: bool = False) -> None:
        """Wait until nothing is left to deliver but what is held.

        Raises:
            StillDelivering: after that many seconds. `ignore_retries` does not wait for later attempts.
        """
        self._wait({"seconds": seconds, "ignore_retries": ignore_retries})

    def wait_until_delivered(self, event_id: str, seconds: float = 60.0) -> None:
        """Wait until nothing of this event is left to deliver.

        Raises:
            StillDelivering: after that many seconds.
        """
        self._wait({"seconds": seconds, "event": event_id})

    def deliveries(self, *, event: str | None = None, event_type: str | None = None) -> list[Delivery]:
        """Return deliveries with their attempts, oldest first."""
        found = self._list("/deliveries", {"event": event, "type": event_type})
        return [_delivery(row) for row in found]

    def requests(self) -> Requests:
        """Return what was asked of the API since the last reset or `forget_requests`."""
        return Requests(**self._object("GET", "/requests"))

    def forget_requests(self) -> None:
        """Start counting API requests anew."""
        self._call("DELETE", "/requests")

    def fail_next(
        self,
        count: int = 1,
        *,
        kind: FailureKind = "status",
        status: int = 500,
        seconds: float = 0.0,
        method: str = "*",
        path: str = "*",
    ) -> None:
        """Make the next matching API requests fail; `path` may hold `*`, e.g. `/v1/checkout/*`.

        status: answer with that error · reset: break the connection, nothing is done · reset_after: do the
        work, then break the connection · delay: stall that many seconds, then work as usual.
        """
        order = {
            "count": count,
            "kind": kind,
            "status": status,
            "seconds": seconds,
            "method": method,
            "path": path,
        }
        self._call("POST", "/failures", order)

    def stop_failing(self) -> None:
        """Cancel the failures that are still to come."""
        self._call("DELETE", "/failures")

    def _wait(self, order: dict[str, Any]) -> None:
        unfinished = self._object("POST", "/wait", order)["unfinished"]
        if unfinished:
            raise StillDelivering(f"{unfinished} deliveries are not finished after {order['seconds']} s")


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(
        id=row["id"],
        event=row["event"],
        type=row["type"],
        endpoint=row["endpoint"],
        url=row["url"],
        cause=row["cause"],
        state=row["state"],
        last_status=row["last_status"],
        attempts=tuple(Attempt(**attempt) for attempt in row["attempts"]),
    )
