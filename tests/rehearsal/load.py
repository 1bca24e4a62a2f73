"""Customers who go on looking and starting purchases while a version changes."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import requests

CUSTOMERS = 4
PATHS = ("/", "/buy-tokens", "/api/tokens/packages", "/health/ready")
SECONDS_MAX = 30


class Load:
    """Requests without a pause, each on a connection of its own; every answer is counted."""

    def __init__(self, url: str) -> None:
        self.answers: Counter[str] = Counter()
        self._url = url
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(CUSTOMERS)

    def __enter__(self) -> Self:
        for number in range(CUSTOMERS):
            self._pool.submit(self._go_on, number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._pool.shutdown()

    @property
    def failed(self) -> dict[str, int]:
        """Everything but 200, by what it was."""
        return {words: count for words, count in self.answers.items() if words != "200"}

    def _go_on(self, number: int) -> None:
        while not self._ends.is_set():
            number += 1
            try:
                with requests.Session() as session:
                    session.trust_env = False
                    url = f"{self._url}{PATHS[number % len(PATHS)]}"
                    told = str(
                        session.get(url, timeout=SECONDS_MAX, headers={"Connection": "close"}).status_code
                    )
            except requests.RequestException as error:
                told = type(error).__name__
            with self._lock:
                self.answers[told] += 1
