"""Wakes workers after a commit. The waking is a courtesy: sweeps find the rows anyway."""

import logging
import threading
import time

from celery import current_app
from django.db import transaction

from foundation import limits

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_last_published: dict[str, float] = {}


def wake(task_name: str) -> None:
    """Publish `task_name` once this transaction has committed; at most once per 50 ms and process.

    A publish that fails (no Redis) is logged and forgotten, since every task woken here has a periodic sweep.
    """
    transaction.on_commit(lambda: _publish(task_name), robust=True)


def _publish(task_name: str) -> None:
    if not _take_turn(task_name):
        return
    try:
        current_app.send_task(task_name, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever the broker does, the request has already succeeded
        logger.warning("wake.failed", extra={"task": task_name, "error": type(error).__name__})


def _take_turn(task_name: str) -> bool:
    now = time.monotonic()
    with _lock:
        if now - _last_published.get(task_name, -1.0) < limits.WAKE_INTERVAL_SECONDS:
            return False
        _last_published[task_name] = now
        return True
