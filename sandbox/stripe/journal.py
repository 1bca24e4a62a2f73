"""Writes down every object that leaves the sandbox, once per content, for a judge to read afterwards."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

from sandbox.stripe.kinds import StripeObject

_LINES_MAX = 50_000
_KINDS = {
    "account",
    "balance_transaction",
    "charge",
    "checkout.session",
    "customer",
    "dispute",
    "event",
    "item",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "refund",
    "webhook_endpoint",
}


class Journal:
    """JSON lines `{"name": kind, "object": {…}}`; without a file it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("a", encoding="utf-8") if path else None
        self._seen: set[bytes] = set()
        self._spared: set[str] = set()
        self._lock = threading.Lock()

    def spare(self, object_id: object) -> None:
        """Leave an object out from now on: a test has bent it, so that it is Stripe's no more."""
        if isinstance(object_id, str):
            self._spared.add(object_id)

    def record(self, value: Any) -> None:
        """Write down the object and those inside it (a list's, an event's, expanded ones)."""
        if self._file is None:
            return
        for found in _objects_in(value):
            if found["id"] in self._spared:
                continue
            text = json.dumps({"name": found["object"], "object": found}, sort_keys=True)
            digest = hashlib.sha256(text.encode()).digest()
            with self._lock:
                if digest in self._seen or len(self._seen) >= _LINES_MAX:
                    continue
                self._seen.add(digest)
                self._file.write(text + "\n")
                self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _objects_in(value: Any) -> list[StripeObject]:
    found: list[StripeObject] = []
    if isinstance(value, dict):
        kind, object_id = value.get("object"), value.get("id")
        # A deleted object is only a stub of its kind, which no description fits.
        if (
            isinstance(kind, str)
            and kind in _KINDS
            and isinstance(object_id, str)
            and not value.get("deleted")
        ):
            found.append(value)
        for child in value.values():
            found += _objects_in(child)
    elif isinstance(value, list):
        for child in value:
            found += _objects_in(child)
    return found
