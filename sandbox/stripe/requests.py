"""What was asked of the API: so that a test can say that nothing was."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.stripe.limits import REQUESTS_REMEMBERED_MAX


@dataclass(frozen=True)
class SeenRequest:
    """One API request and its answer; a status of 0 means that the connection was broken on order."""

    method: str
    path: str
    status: int
    request_id: str
    idempotency_key: str | None
    body: str


class RequestLog:
    """Counts by method and path, and remembers the latest; not kept across restarts."""

    def __init__(self) -> None:
        self._seen: deque[SeenRequest] = deque(maxlen=REQUESTS_REMEMBERED_MAX)
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, seen: SeenRequest) -> None:
        """Remember a request."""
        with self._lock:
            self._seen.append(seen)
            name = f"{seen.method} {seen.path}"
            self._counts[name] = self._counts.get(name, 0) + 1

    def summary(self) -> dict[str, Any]:
        """Return `{"total": n, "by_path": {"POST /v1/customers": n}, "latest": [{…}]}`."""
        with self._lock:
            latest = [asdict(seen) for seen in self._seen]
            return {"total": sum(self._counts.values()), "by_path": dict(self._counts), "latest": latest}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._seen.clear()
            self._counts.clear()
