"""Runs work in other threads, each with a database connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Answer = TypeVar("Answer")


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
