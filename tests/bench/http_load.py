"""Clients that post prepared requests one after the other, and measure each answer."""

import json
import re
import socket
import threading
import time
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.bench.rounds import percentile

ANSWER_SECONDS_MAX = 30.0
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
CHUNK = 65_536


class WrongAnswer(Exception):
    """The server answered neither 200 nor 201: nothing was measured that means anything."""


@dataclass
class Load:
    """What a round of requests took."""

    seconds: float
    latencies: list[float] = field(repr=False)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def latency_ms(self, percent: float) -> float:
        """A percentile of the answers' times."""
        return percentile(self.latencies, percent) * 1000


def drive(address: tuple[str, int], requests: deque[bytes], *, clients: int, seconds: float) -> Load:
    """Take requests from the front, as many clients at once, until the time is over.

    Each client keeps its connection and sends the next request when the last is answered.

    :raises WrongAnswer: at any answer but 200 and 201, and when the requests are used up before the time is over
    """
    line = threading.Barrier(clients + 1)

    def client() -> list[float]:
        with socket.create_connection(address, ANSWER_SECONDS_MAX) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.wait()
            ends_at = time.perf_counter() + seconds
            latencies = []
            while (started := time.perf_counter()) < ends_at:
                connection.sendall(_next(requests))
                read_answer(connection)
                latencies.append(time.perf_counter() - started)
            return latencies

    with ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(client) for _ in range(clients)]
        line.wait(ANSWER_SECONDS_MAX)
        started = time.perf_counter()
        latencies = [latency for future in running for latency in future.result()]
        return Load(time.perf_counter() - started, latencies)


def _next(requests: deque[bytes]) -> bytes:
    try:
        return requests.popleft()
    except IndexError:
        raise WrongAnswer("More was answered than was prepared: raise deliveries_per_second_max.") from None


def api_request(line: str, port: int, authorization: str, body: object = None) -> bytes:
    """A whole HTTP request to the API, under an idempotency key of its own."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{line} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: {authorization}\r\n"
        f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def read_answer(connection: socket.socket) -> None:
    """Read one answer to its end.

    :raises WrongAnswer: when it is neither 200 nor 201, or the connection is closed
    """
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _receive(connection)
    head = received[: end + 2]
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise WrongAnswer(received[:2_000].decode(errors="replace"))
    length = CONTENT_LENGTH.search(head)
    if length is None:
        raise WrongAnswer("An answer without Content-Length.")
    missing = end + 4 + int(length[1]) - len(received)
    while missing > 0:
        missing -= len(_receive(connection))


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(CHUNK)
    if not received:
        raise WrongAnswer("The server closed the connection.")
    return received
