"""What happened: each event keeps a snapshot of its object as it was."""

import json
import sqlite3
from typing import Any

from sandbox.stripe.clock import Clock
from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import API_VERSION, NOBODY, Origin, StripeObject
from sandbox.stripe.queue import DeliveryQueue
from sandbox.stripe.store import Store

# A delivery to an endpoint that has had the event by another, told again, is not wanting any more.
_UNDELIVERED = (
    "SELECT 1 FROM deliveries d WHERE d.event = {event} AND d.cause = 'event' AND d.state <> 'delivered'"
    " AND NOT EXISTS (SELECT 1 FROM deliveries had WHERE had.event = d.event AND had.endpoint = d.endpoint"
    " AND had.state = 'delivered')"
)


class EventLog:
    """Writes events and hands them to the delivery queue, in the caller's transaction."""

    def __init__(self, store: Store, clock: Clock, queue: DeliveryQueue) -> None:
        self._store = store
        self._clock = clock
        self._queue = queue

    def emit(
        self,
        event_type: str,
        about: StripeObject,
        *,
        previous: dict[str, Any] | None = None,
        origin: Origin = NOBODY,
        livemode: bool = False,
    ) -> StripeObject:
        """Record that something happened to an object; `previous` holds what an update changed."""
        data: dict[str, Any] = {"object": about}
        if previous is not None:
            data["previous_attributes"] = previous
        event: StripeObject = {
            "id": new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self._clock.now(),
            "data": data,
            "livemode": livemode,
            "pending_webhooks": 0,
            "request": {"id": origin.request_id, "idempotency_key": origin.idempotency_key},
            "type": event_type,
        }
        with self._store.transaction():
            self._add(event)
        return self.with_pending(event)

    def resend(self, event_id: str) -> StripeObject | None:
        """Tell the same object, as it was, in an event with a new id."""
        with self._store.transaction():
            event = self.find(event_id)
            if event is None:
                return None
            event |= {"id": new_id("event"), "created": self._clock.now()}
            self._add(event)
            return self.with_pending(event)

    def _add(self, event: StripeObject) -> None:
        self._store.execute(
            "INSERT INTO events (id, type, created, about, body) VALUES (?, ?, ?, ?, ?)",
            (
                event["id"],
                event["type"],
                event["created"],
                event["data"]["object"].get("id", ""),
                json.dumps(event),
            ),
        )
        self._queue.enqueue(event)

    def find(self, event_id: str) -> StripeObject | None:
        """Return the event, with how many deliveries are still to come."""
        row = self._store.row("SELECT body FROM events WHERE id = ?", (event_id,))
        return None if row is None else self._shown(row)

    def save(self, event: StripeObject) -> None:
        """Overwrite a stored event."""
        self._store.execute("UPDATE events SET body = ? WHERE id = ?", (json.dumps(event), event["id"]))

    def about(self, object_id: str | None, event_type: str | None) -> list[StripeObject]:
        """Return the events about an object and of a type, oldest first."""
        rows = self._store.rows(
            "SELECT body FROM events"
            " WHERE (?1 IS NULL OR about = ?1) AND (?2 IS NULL OR type = ?2) ORDER BY seq",
            (object_id, event_type),
        )
        return [self._shown(row) for row in rows]

    def _shown(self, row: sqlite3.Row) -> StripeObject:
        event: StripeObject = json.loads(row["body"])
        return self.with_pending(event)

    def with_pending(self, event: StripeObject) -> StripeObject:
        """Return the event with how many deliveries are still to come."""
        waiting = self._store.row(
            f"SELECT count(*) AS waiting FROM ({_UNDELIVERED.format(event='?')})",  # noqa: S608 - no value in it
            (event["id"],),
        )
        return event | {"pending_webhooks": waiting["waiting"] if waiting else 0}


def delivery_condition(succeeded: bool | None) -> str:  # noqa: FBT001 - the API's own three-valued filter
    """Return the SQL condition for `delivery_success`: all deliveries answered 2xx, or not all of them."""
    if succeeded is None:
        return "1"
    undelivered = f"EXISTS ({_UNDELIVERED.format(event='events.id')})"
    return f"NOT {undelivered}" if succeeded else undelivered
