"""Has dj-stripe copy the Stripe objects of the events we received: for staff to see, and to reconcile with."""

import logging
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from foundation.errors import Refusal
from foundation.waker import wake
from payments.gateways import stripe_copy
from payments.kinds import SYNC_TASK
from payments.limits import (
    SYNC_BACKOFF_MIN,
    SYNC_BATCH_MAX,
    SYNC_LEASE,
    SYNC_SECONDS_MAX,
    SYNC_TRIES_MAX,
    SYNC_WAKE_SECONDS,
)
from payments.models import InboxEvent

logger = logging.getLogger(__name__)


# Any number that nothing else in this database locks.
_ONE_RUN_AT_A_TIME = 7_283_361


def sync_due_events(*, now: datetime) -> int:
    """Copy the objects of the events that are due, oldest first; answer how many were tried.

    One run at a time in all workers together: nobody waits for a copy, and it takes a hundred times as long as a
    credit, so that a burst of events would keep every worker from what customers wait for. What a slow Stripe leaves
    no time for is taken up after its lease.
    """
    ends_at, tried = time.monotonic() + SYNC_SECONDS_MAX, 0
    with _alone() as is_alone:
        claimed = _claim(now) if is_alone else []
        for row in claimed:
            _sync(row, now)
            tried += 1
            if time.monotonic() >= ends_at:
                break
    if len(claimed) == SYNC_BATCH_MAX:
        wake(SYNC_TASK, within_seconds=SYNC_WAKE_SECONDS)
    return tried


@contextmanager
def _alone() -> Generator[bool]:
    """Hold the lock of all runs, or say that another run does. It ends with its connection: no death keeps it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_RUN_AT_A_TIME])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_RUN_AT_A_TIME])


def _claim(now: datetime) -> list[InboxEvent]:
    """Take events by moving their time past a lease, so that two workers never copy the same one at once."""
    with transaction.atomic():
        due = InboxEvent.objects.filter(sync_due_at__lte=now).order_by("sync_due_at", "received_at")
        rows = list(due.select_for_update(skip_locked=True)[:SYNC_BATCH_MAX])
        InboxEvent.objects.filter(id__in=[row.id for row in rows]).update(sync_due_at=now + SYNC_LEASE)
    return rows


def _sync(row: InboxEvent, now: datetime) -> None:
    try:
        stripe_copy.copy_objects_of_event(row.payload)
    except Exception as error:  # noqa: BLE001 - the next event has its turn, whatever this one does
        stripe_copy.forget_events([row.stripe_event_id])
        _try_later(row, error, now)
    else:
        _note(row.id, synced_at=now, sync_due_at=None, sync_error="")


def _try_later(row: InboxEvent, error: Exception, now: datetime) -> None:
    """Count a try that failed. What nobody has foreseen is told with its traceback."""
    refusal = error if isinstance(error, Refusal) else None
    code = str(refusal.members.get("stripe_code", refusal.code)) if refusal else type(error).__name__
    attempts = row.sync_attempts + 1
    due_at = now + SYNC_BACKOFF_MIN * 2**attempts if attempts < SYNC_TRIES_MAX else None
    _note(row.id, sync_attempts=attempts, sync_error=code[:64], sync_due_at=due_at)
    facts = {"inbox_event_id": str(row.id), "code": code[:64]}
    logger.warning("stripe_sync.failed", extra=facts, exc_info=None if refusal else error)


def _note(row_id: uuid.UUID, **fields: object) -> None:
    InboxEvent.objects.filter(id=row_id).update(**fields)
