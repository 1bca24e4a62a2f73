"""`Idempotency-Key`: the first answer is kept for a day and given again to the same request."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.clock import Clock
from sandbox.stripe.errors import IdempotencyKeyInUse, IdempotencyKeyReused, InvalidParameter
from sandbox.stripe.limits import IDEMPOTENCY_KEY_LENGTH_MAX, IDEMPOTENCY_SECONDS
from sandbox.stripe.store import Store


@dataclass(frozen=True)
class KeptAnswer:
    """An answer given before, and the request that it was first given to."""

    status: int
    body: str
    request_id: str


class IdempotencyKeys:
    """Answers are written in the transaction of the work itself: neither survives without the other."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: set[tuple[str, str]] = set()

    def enter(self, owner: str, key: str) -> None:
        """Take the key for as long as the request runs.

        Raises:
            IdempotencyKeyInUse: another request has it now.
            InvalidParameter: the key is too long.
        """
        if len(key) > IDEMPOTENCY_KEY_LENGTH_MAX:
            raise InvalidParameter("Idempotency-Key", "Idempotency keys can have at most 255 characters.")
        with self._store.lock:
            if (owner, key) in self._running:
                raise IdempotencyKeyInUse(key)
            self._running.add((owner, key))

    def leave(self, owner: str, key: str) -> None:
        """Give the key back."""
        with self._store.lock:
            self._running.discard((owner, key))

    def find(self, owner: str, key: str, fingerprint: str) -> KeptAnswer | None:
        """Return the answer that was given to this request before.

        Raises:
            IdempotencyKeyReused: it was given to another request.
        """
        row = self._store.row(
            "SELECT fingerprint, status, body, request_id FROM idempotency"
            " WHERE owner = ? AND key = ? AND created > ?",
            (owner, key, self._clock.now() - IDEMPOTENCY_SECONDS),
        )
        if row is None:
            return None
        if row["fingerprint"] != fingerprint:
            raise IdempotencyKeyReused(key)
        return KeptAnswer(row["status"], row["body"], row["request_id"])

    def keep(self, owner: str, key: str, fingerprint: str, answer: KeptAnswer) -> None:
        """Keep an answer; the caller's transaction."""
        self._store.execute(
            "INSERT OR REPLACE INTO idempotency (owner, key, fingerprint, status, body, request_id, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (owner, key, fingerprint, answer.status, answer.body, answer.request_id, self._clock.now()),
        )


def fingerprint_of(method: str, path: str, params: dict[str, Any]) -> str:
    """Return what makes two requests the same one, whatever the order of their parameters."""
    canonical = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
