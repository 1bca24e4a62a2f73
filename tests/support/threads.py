"""Runs work in other threads, each with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import connection, connections

from foundation.errors import Refusal

Answer = TypeVar("Answer")
LINE_UP_SECONDS_MAX = 30.0


def in_thread(work: Callable[[], Answer]) -> Answer:
    """Run `work` in another thread, wait for it, give its answer or raise its error."""
    return in_threads([work])[0]


def in_threads(works: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Run each of `works` in a thread of its own, at once; give the answers in order."""

    def run(work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def race(works: Sequence[Callable[[], Answer]]) -> list[Answer | Refusal]:
    """Run each of `works` in a thread with an open connection, all let go together.

    Gives answers in order, and for what was refused the refusal; any other error is raised.
    """
    line = threading.Barrier(len(works))

    def run(work: Callable[[], Answer]) -> Answer | Refusal:
        connection.ensure_connection()
        line.wait(LINE_UP_SECONDS_MAX)
        try:
            return work()
        except Refusal as refusal:
            return refusal

    return in_threads([partial(run, work) for work in works])
