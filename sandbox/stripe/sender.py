"""Posts one webhook and says how it was answered; keeps idle connections for the next one."""

import http.client
import select
import threading
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sandbox.stripe.limits import DELIVERY_TIMEOUT_SECONDS
from sandbox.stripe.signing import signature_header

_ANSWER_BYTES_MAX = 1_000_000
_IDLE_CONNECTIONS_MAX = 64


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended: an HTTP status, or an error when there was no answer."""

    status: int | None
    error: str | None
    seconds: float

    @property
    def delivered(self) -> bool:
        """Only 2xx counts; a redirect is a failure, as at Stripe."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers


class Sender:
    """Posts signed bodies over kept-alive connections. Safe to use from many threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], deque[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()

    def post(self, url: str, secret: str, body: bytes) -> Outcome:
        """Sign the body now, post it, and wait for the answer, at most `DELIVERY_TIMEOUT_SECONDS`."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Accept": "*/*; q=0.5, application/xml",
            "Cache-Control": "no-cache",
            "Stripe-Signature": signature_header(body, secret, int(time.time())),
        }
        started = time.monotonic()
        status: int | None = None
        error: str | None = None
        try:
            status = self._post(urlsplit(url), headers, body)
        except (OSError, ValueError, http.client.HTTPException) as problem:  # ValueError: a host that is none
            error = f"{type(problem).__name__}: {problem}"
        return Outcome(status, error, time.monotonic() - started)

    def _post(self, url: SplitResult, headers: dict[str, str], body: bytes) -> int:
        connection = self._connection(url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        try:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            answer.read(_ANSWER_BYTES_MAX)
        except BaseException:
            connection.close()
            raise
        if answer.isclosed():
            self._give_back(url, connection)
        else:
            connection.close()
        return answer.status

    def _connection(self, url: SplitResult) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                idle = self._idle.get((url.scheme, url.netloc))
                connection = idle.pop() if idle else None
            if connection is None:
                kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
                return kind(url.netloc, timeout=DELIVERY_TIMEOUT_SECONDS)
            # Readable while nothing was asked means that the other side has closed it.
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def _give_back(self, url: SplitResult, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault((url.scheme, url.netloc), deque())
            if connection.sock is not None and len(idle) < _IDLE_CONNECTIONS_MAX:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            for idle in self._idle.values():
                while idle:
                    idle.pop().close()
