"""Open-loop load: requests come when they come, however long the answers take, as customers do.

A latency is counted from the moment a request was due: one that had to wait for a free client is not told as quick.
"""

import random
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.bench.http_load import ANSWER_SECONDS_MAX, WrongAnswer, read_answer
from tests.bench.rounds import Figures, percentile

CLIENTS = 48
SEED = 1
PERCENTILES = (50, 95, 99)
Maker = Callable[[], bytes]


@dataclass
class Arrivals:
    """When the next request is due, and of which kind; without a rate each is due at once."""

    mix: Mapping[str, float]
    rate: float | None
    seconds: float
    _chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = 0.0
    _due: float = 0.0

    def begin(self) -> None:
        """Start the clock."""
        self._began = self._due = time.perf_counter()

    def end(self) -> None:
        """Have nothing more arrive."""
        with self._lock:
            self.seconds = 0.0

    def next(self) -> tuple[str, float] | None:
        """The next kind and its moment; None when the time is over."""
        with self._lock:
            self._due = self._due + self._chance.expovariate(self.rate) if self.rate else time.perf_counter()
            if self._due >= self._began + self.seconds:
                return None
            return self._chance.choices(list(self.mix), list(self.mix.values()))[0], self._due


@dataclass
class Answers:
    """What a load was answered: latencies in seconds by kind, and how many answers were none or wrong."""

    seconds: float
    latencies: Mapping[str, list[float]]
    failures: list[str]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return sum(map(len, self.latencies.values())) / self.seconds

    def rate_of(self, kind: str) -> float:
        """Answers of a kind per second."""
        return len(self.latencies.get(kind, ())) / self.seconds

    def figures(self) -> Figures:
        """The percentiles of each kind, in milliseconds."""
        return {
            f"{kind}_p{percent}_ms": percentile(latencies, percent) * 1000
            for kind, latencies in sorted(self.latencies.items())
            for percent in PERCENTILES
        }


def drive(port: int, makers: Mapping[str, Maker], arrivals: Arrivals, *, clients: int = CLIENTS) -> Answers:
    """Send what arrives until the time is over, by as many clients as may have to wait at once."""
    latencies: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    lock = threading.Lock()

    def client() -> None:
        connection = _connect(port)
        while (arrival := arrivals.next()) is not None:
            kind, due = arrival
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                connection = _ask(connection, port, makers[kind]())
            except (OSError, WrongAnswer) as error:
                with lock:
                    failures.append(f"{kind}: {str(error)[:300]}")
                connection.close()
                connection = _connect(port)
            else:
                with lock:
                    latencies[kind].append(time.perf_counter() - due)
        connection.close()

    arrivals.begin()
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for running in [pool.submit(client) for _ in range(clients)]:
            running.result()
    return Answers(time.perf_counter() - began, latencies, failures)


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS_MAX)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _ask(connection: socket.socket, port: int, request: bytes) -> socket.socket:
    """Send a request and read its answer; by another connection where this one was closed while it was idle."""
    if not _begins_to_answer(connection, request):
        connection.close()
        connection = _connect(port)
        connection.sendall(request)
    read_answer(connection)
    return connection


def _begins_to_answer(connection: socket.socket, request: bytes) -> bool:
    try:
        connection.sendall(request)
        return bool(connection.recv(1, socket.MSG_PEEK))
    except (ConnectionResetError, BrokenPipeError):
        return False
