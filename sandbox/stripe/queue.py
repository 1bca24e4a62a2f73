"""The deliveries of events to endpoints: their rows, their states, and what the controls do to them."""

import random
import sqlite3
import threading
from fnmatch import fnmatchcase
from typing import Any

from sandbox.stripe.clock import Clock
from sandbox.stripe.errors import ControlError
from sandbox.stripe.kinds import DeliveryCause, DeliveryState, StripeObject
from sandbox.stripe.sender import Outcome
from sandbox.stripe.store import Store

_ORDERS = ("created", "reversed", "shuffled", "concurrent")


class DeliveryQueue:
    """All rows live in the store, so that a restart goes on where a kill -9 struck."""

    def __init__(self, store: Store, clock: Clock, retry_seconds: tuple[float, ...]) -> None:
        self._store = store
        self._clock = clock
        self._retry_seconds = retry_seconds
        self.work = threading.Condition(store.lock)
        self.changed = threading.Condition(store.lock)

    def enqueue(self, event: StripeObject) -> None:
        """Add a delivery for each enabled endpoint that asked for this type; the caller's transaction."""
        for endpoint in self._subscribed(event["type"]):
            state = DeliveryState.DROPPED if self._is_to_drop(event["type"]) else self._ready(event["type"])
            self._add(event, endpoint["id"], DeliveryCause.EVENT, state)
            for _ in range(self._store.setting("copies", 1) - 1):
                self._add(event, endpoint["id"], DeliveryCause.DUPLICATE, state)
        self.announce()

    def _subscribed(self, event_type: str) -> list[StripeObject]:
        found = self._store.endpoints()
        return [
            endpoint
            for endpoint in found
            if endpoint["status"] == "enabled"
            and ("*" in endpoint["enabled_events"] or event_type in endpoint["enabled_events"])
        ]

    def _add(self, event: StripeObject, endpoint_id: str, cause: DeliveryCause, state: DeliveryState) -> int:
        cursor = self._store.execute(
            "INSERT INTO deliveries (event, type, endpoint, cause, state, due_at) VALUES (?, ?, ?, ?, ?, ?)",
            (event["id"], event["type"], endpoint_id, cause, state, self._clock.precisely()),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _ready(self, event_type: str) -> DeliveryState:
        held: list[str] = self._store.setting("held_types", [])
        matches = any(fnmatchcase(event_type, pattern) for pattern in held)
        return DeliveryState.HELD if matches else DeliveryState.PENDING

    def _is_to_drop(self, event_type: str) -> bool:
        """Use up one of the drops that were ordered for this type."""
        rules: list[dict[str, Any]] = self._store.setting("drops", [])
        for rule in rules:
            if rule["left"] > 0 and any(fnmatchcase(event_type, pattern) for pattern in rule["types"]):
                rule["left"] -= 1
                self._store.keep("drops", [kept for kept in rules if kept["left"] > 0])
                return True
        return False

    def announce(self) -> None:
        """Wake the workers and whoever waits, once the transaction has committed."""
        self._store.after_commit(self.work.notify_all)
        self._store.after_commit(self.changed.notify_all)

    def resume(self) -> None:
        """After a crash: what was on the wire is sent again."""
        with self._store.transaction():
            self._store.execute(
                "UPDATE deliveries SET state = ? WHERE state = ?",
                (DeliveryState.PENDING, DeliveryState.SENDING),
            )

    def claim(self) -> int | None:
        """Take the delivery that has been due longest; the caller holds the lock."""
        with self._store.transaction():
            found = self._store.execute(
                "SELECT id FROM deliveries WHERE state = 'pending' AND due_at <= ?"
                " ORDER BY due_at, id LIMIT 1",
                (self._clock.precisely(),),
            ).fetchone()
            if found is None:
                return None
            self._move(found["id"], DeliveryState.SENDING)
            delivery: int = found["id"]
            return delivery

    def seconds_to_next(self) -> float | None:
        """Return how long until the next delivery is due, or None when none is planned."""
        row = self._store.row("SELECT min(due_at) AS due_at FROM deliveries WHERE state = 'pending'")
        if row is None or row["due_at"] is None:
            return None
        return max(0.0, float(row["due_at"]) - self._clock.precisely())

    def _move(self, delivery: int, state: DeliveryState) -> None:
        self._store.execute("UPDATE deliveries SET state = ? WHERE id = ?", (state, delivery))

    def record(self, delivery: int, outcome: Outcome) -> None:
        """Write an attempt down and decide what comes next."""
        with self._store.transaction():
            row = self._store.row("SELECT type, cause, attempts FROM deliveries WHERE id = ?", (delivery,))
            if row is None:  # a reset came in between
                return
            state, wait_seconds = self._after(row, outcome)
            self._store.execute(
                "UPDATE deliveries SET state = ?, attempts = attempts + 1, last_status = ?, due_at = ?"
                " WHERE id = ?",
                (state, outcome.status, self._clock.precisely() + wait_seconds, delivery),
            )
            self._store.execute(
                "INSERT INTO attempts (delivery, at, status, error, seconds) VALUES (?, ?, ?, ?, ?)",
                (delivery, self._clock.precisely(), outcome.status, outcome.error, outcome.seconds),
            )
            self._store.after_commit(self.changed.notify_all)
            if state is DeliveryState.PENDING:
                self._store.after_commit(self.work.notify_all)

    def _after(self, row: sqlite3.Row, outcome: Outcome) -> tuple[DeliveryState, float]:
        if outcome.delivered:
            return DeliveryState.DELIVERED, 0.0
        if row["cause"] == DeliveryCause.DUPLICATE or row["attempts"] >= len(self._retry_seconds):
            return DeliveryState.FAILED, 0.0
        return self._ready(row["type"]), self._retry_seconds[row["attempts"]]

    def drop(self, delivery: int) -> None:
        """Give a delivery up: its endpoint is gone."""
        with self._store.transaction():
            self._move(delivery, DeliveryState.DROPPED)
            self._store.after_commit(self.changed.notify_all)

    def hold(self, types: list[str]) -> None:
        """Keep back every delivery of these types (patterns such as `charge.*`), also waiting ones."""
        with self._store.transaction():
            self._store.keep("held_types", sorted({*self._store.setting("held_types", []), *types}))
            for row in self._store.rows("SELECT id, type FROM deliveries WHERE state = 'pending'"):
                self._move(row["id"], self._ready(row["type"]))
            self.announce()

    def release(self, order: str, seed: int | None, types: list[str]) -> list[int]:
        """End the hold on these types; return what is to be sent now, in order (none when workers do it)."""
        if order not in _ORDERS:
            raise ControlError(f"order must be one of {', '.join(_ORDERS)}")
        with self._store.transaction():
            self._end_hold(types)
            rows = self._store.rows("SELECT id, type FROM deliveries WHERE state = 'held' ORDER BY id")
            freed = [row["id"] for row in rows if self._ready(row["type"]) is DeliveryState.PENDING]
            inline = order != "concurrent"
            for delivery in freed:
                self._move(delivery, DeliveryState.SENDING if inline else DeliveryState.PENDING)
            self.announce()
        if order == "reversed":
            freed.reverse()
        elif order == "shuffled":
            random.Random(seed).shuffle(freed)  # noqa: S311 - a repeatable order, not a secret
        return freed if inline else []

    def _end_hold(self, types: list[str]) -> None:
        held: list[str] = self._store.setting("held_types", [])
        self._store.keep("held_types", [] if types == ["*"] else [kept for kept in held if kept not in types])

    def drop_next(self, types: list[str], count: int) -> None:
        """Lose the next deliveries of these types."""
        rules = self._store.setting("drops", [])
        self._store.keep("drops", [*rules, {"types": types, "left": count}])

    def drop_held(self) -> int:
        """Lose everything that is held; return how many."""
        with self._store.transaction():
            self._store.after_commit(self.changed.notify_all)
            return self._store.execute(
                "UPDATE deliveries SET state = 'dropped' WHERE state = 'held'"
            ).rowcount

    def retry_now(self) -> int:
        """Make every delivery that waits for another try due; return how many."""
        with self._store.transaction():
            self.announce()
            return self._store.execute(
                "UPDATE deliveries SET due_at = ?1 WHERE state = 'pending' AND due_at > ?1",
                (self._clock.precisely(),),
            ).rowcount

    def duplicates_of(self, event: StripeObject, times: int) -> list[int]:
        """Add that many more deliveries of the event to each of its endpoints, already claimed."""
        with self._store.transaction():
            endpoints = self._store.rows(
                "SELECT DISTINCT endpoint FROM deliveries WHERE event = ?", (event["id"],)
            )
            return [
                self._add(event, row["endpoint"], DeliveryCause.DUPLICATE, DeliveryState.SENDING)
                for _ in range(times)
                for row in endpoints
            ]

    def unfinished(self, *, event: str | None, ignore_retries: bool) -> int:
        """Count what is still to be delivered, leaving out what is held; the caller holds the lock."""
        sql = "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending')"
        if ignore_retries:
            sql += " AND (attempts = 0 OR state = 'sending')"
        if event is None:
            return int(self._store.execute(sql).fetchone()[0])
        return int(self._store.execute(sql + " AND event = ?", (event,)).fetchone()[0])
