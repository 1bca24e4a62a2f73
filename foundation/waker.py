"""Wakes workers after a commit. The waking is a courtesy: sweeps find the rows anyway."""

import math
import os
import threading
import time

import structlog
from celery import current_app
from django.db import transaction

from foundation import limits

logger = structlog.get_logger(__name__)


def wake(task_name: str, *, within_seconds: float = 0.0) -> None:
    """Publish `task_name` once this transaction has committed; at most once per 50 ms and process.

    Where nobody waits for the task, `within_seconds` lets one message stand for all that is asked until then.
    Returns at once and never raises: a thread publishes. A publish that fails (no Redis) is logged and
    forgotten, since every task woken here has a periodic sweep.
    """
    transaction.on_commit(lambda: _publisher.ask(task_name, within_seconds), robust=True)


class Publisher:
    """A thread that publishes what was asked for, each name once per interval.

    The first ask is published at once, or within the seconds that it allows. What is asked for during the
    interval after it is published at the interval's end, so that the last change of a burst is told too.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, float] = {}  # by when, on the monotonic clock
        self._asked_by: dict[str, dict[str, None]] = {}  # the requests behind it, in order
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_failing = False

    def ask(self, task_name: str, within_seconds: float = 0.0) -> None:
        """Have a task published soon."""
        by = time.monotonic() + within_seconds
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        with self._changed:
            asked_by = self._asked_by.setdefault(task_name, {})
            if request_id and len(asked_by) < limits.WAKE_REQUEST_IDS_MAX:
                asked_by[request_id] = None
            if self._wanted.get(task_name, math.inf) <= by:
                return  # asked for already
            self._wanted[task_name] = by
            if self._thread is None:
                # A daemon: a process that ends does not wait for Redis; what was not told, sweeps find.
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            for task_name in self._wait_for_due():
                self._publish(task_name)
            threading.Event().wait(limits.WAKE_INTERVAL_SECONDS)

    def _wait_for_due(self) -> list[str]:
        """Wait for what is to be published now, and forget that it was asked for."""
        with self._changed:
            while True:
                now = time.monotonic()
                if due := sorted(name for name, by in self._wanted.items() if by <= now):
                    for name in due:
                        del self._wanted[name]
                    return due
                self._changed.wait(min(self._wanted.values()) - now if self._wanted else None)

    def _publish(self, task_name: str) -> None:
        """Send one message; the broker's transport options bound how long it may take.

        The task's log lines name the requests that it was woken for, or the first of them where there were many.
        """
        with self._changed:
            asked_by = self._asked_by.pop(task_name, {})
        traced = {"request_id": ",".join(asked_by)} if asked_by else {}
        try:
            with structlog.contextvars.bound_contextvars(**traced):
                current_app.send_task(task_name, retry=False)
        except Exception as error:  # noqa: BLE001 - whatever the broker does, the work is in the database
            if not self._is_failing:  # once per outage, not once per change
                logger.warning("wake.failed", task=task_name, error=type(error).__name__)
            self._is_failing = True
        else:
            self._is_failing = False


_publisher = Publisher()


def _start_afresh() -> None:  # pragma: no cover - runs in a forked child, where nothing measures
    global _publisher  # noqa: PLW0603 - one per process: threads and locks do not survive a fork
    _publisher = Publisher()


os.register_at_fork(after_in_child=_start_afresh)
