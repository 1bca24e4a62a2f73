"""The webhook's inbox: each event is stored and handled in one transaction, once, and tried again if that failed."""

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from foundation.errors import Refusal
from foundation.ids import new_id
from foundation.waker import wake
from payments.errors import EventNotFound, PaymentNotSettled
from payments.gateways.stripe_api import from_timestamp
from payments.kinds import SYNC_TASK, InboxStatus, Outcome, StripeEvent
from payments.limits import (
    INBOX_BACKOFF_MAX,
    INBOX_BACKOFF_MIN,
    INBOX_BATCH_MAX,
    INBOX_TRIES_MAX,
    SETTLE_TRIES_MAX,
    SYNC_WAKE_SECONDS,
)
from payments.models import InboxEvent
from payments.services import events
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert

logger = logging.getLogger(__name__)

_DONE = frozenset({InboxStatus.PROCESSED, InboxStatus.IGNORED})
_DEADLOCK = "40P01"

# Either way the row is locked afterwards, so that the same event told twice at once is handled once.
_STORE = """
INSERT INTO payments_inboxevent AS known
    (id, stripe_event_id, type, payload, object_id, payment_intent_id, purchase_id, stripe_created_at, received_at,
     sync_due_at, status, outcome, error_code, attempts, deliveries, sync_attempts, sync_error)
VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, 'received', '', '', 0, 1, 0, '')
ON CONFLICT (stripe_event_id) DO UPDATE SET deliveries = known.deliveries + 1
RETURNING id, status
"""
_FINISH = """
UPDATE payments_inboxevent SET status = %s, outcome = %s, error_code = '', processed_at = %s, due_at = NULL
WHERE id = %s
"""


def receive_event(*, event: StripeEvent, now: datetime) -> InboxStatus:
    """Store a verified event and handle it, in one transaction; answer what became of it.

    An event told again is not handled again, unless it failed before. What goes wrong in its handler is recorded
    and tried again by the sweep, so that the answer to Stripe can be a yes; trouble with the database is raised,
    so that Stripe tries again.
    """
    try:
        status = _without_deadlock(lambda: _store_and_handle(event, now))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - a poisonous event must not keep Stripe from telling the others
        status = keep_for_later(event=event, error=error, now=now)
    _wake_workers(status)
    return status


def process_due_events(*, now: datetime) -> int:
    """Handle the events that failed before and are due again; answer how many were tried. The sweep's work."""
    due = InboxEvent.objects.filter(
        status__in=(InboxStatus.RECEIVED, InboxStatus.FAILED), due_at__lte=now
    ).order_by("due_at")
    event_ids = list(due.values_list("id", flat=True)[:INBOX_BATCH_MAX])
    for event_id in event_ids:
        try:
            process_event(event_id=event_id, now=now)
        except (OperationalError, InterfaceError) as error:
            # Raises if the database is away, and then the sweep is over.
            _record_failure(event_id, error, now)
    return len(event_ids)


def process_event(*, event_id: uuid.UUID, now: datetime) -> InboxStatus:
    """Handle a stored event again, whatever became of it before; one that is done changes nothing.

    :raises EventNotFound: `event_not_found`.
    """
    row = InboxEvent.objects.filter(id=event_id).first()
    if row is None:
        raise EventNotFound
    try:
        status = _without_deadlock(lambda: _handle_stored(event_id, now))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - the next event's turn comes whatever this one does
        status = _record_failure(event_id, error, now)
    _wake_workers(status)
    return status


def _without_deadlock(work: Callable[[], InboxStatus]) -> InboxStatus:
    """Run `work` in a transaction; a deadlock is worth a repeat, since the other transaction has won and gone."""
    tries = 1
    while True:
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != _DEADLOCK or tries == SETTLE_TRIES_MAX:
                raise
        tries += 1


def _store_and_handle(event: StripeEvent, now: datetime) -> InboxStatus:
    row_id, status = _store(event, now)
    if status in _DONE:
        return status
    return _finish(row_id, events.handle(event_type=event.type, data=event.data, now=now), now)


def _handle_stored(event_id: uuid.UUID, now: datetime) -> InboxStatus:
    row = InboxEvent.objects.select_for_update().get(id=event_id)
    if row.status in _DONE:
        return InboxStatus(row.status)
    outcome = events.handle(event_type=row.type, data=row.payload["data"]["object"], now=now)
    return _finish(row.id, outcome, now)


def _store(event: StripeEvent, now: datetime) -> tuple[uuid.UUID, InboxStatus]:
    """Insert the event, or find it and count the delivery."""
    subject = _subject_of(event.data)
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            (
                *(new_id(), event.id, event.type, event.payload),
                *(*subject, from_timestamp(event.created), now, now),
            ),
        )
        row_id, status = cursor.fetchone()
    return row_id, InboxStatus(status)


def keep_for_later(*, event: StripeEvent, error: Exception, now: datetime) -> InboxStatus:
    """Store an event whose handler failed, for the sweep to try again; answer how it stands.

    Its first transaction is gone, with all that the handler had done.
    """
    with transaction.atomic():
        row_id, status = _store(event, now)
        return status if status in _DONE else _record_failure(row_id, error, now)


def _finish(row_id: uuid.UUID, outcome: Outcome, now: datetime) -> InboxStatus:
    status = InboxStatus.IGNORED if outcome is Outcome.IGNORED else InboxStatus.PROCESSED
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, (status.value, outcome.value, now, row_id))
    return status


def _record_failure(row_id: uuid.UUID, error: Exception, now: datetime) -> InboxStatus:
    """Say why the event failed and when it is tried again; park it when it has failed too often.

    One that is early is none of ours in the end: it speaks of a payment of somebody else's, and nobody has to look.
    Should its payment be settled here after all, settlement calls it back.
    """
    code = error.code if isinstance(error, Refusal) else type(error).__name__
    with transaction.atomic():
        row = InboxEvent.objects.select_for_update().get(id=row_id)
        row.attempts += 1
        row.error_code = code[:64]
        is_over, is_early = row.attempts >= INBOX_TRIES_MAX, isinstance(error, PaymentNotSettled)
        given_up = InboxStatus.IGNORED if is_early else InboxStatus.PARKED
        row.status = given_up if is_over else InboxStatus.FAILED
        row.due_at = None if is_over else now + backoff(row.attempts)
        row.save(update_fields=["attempts", "error_code", "status", "due_at"])
        if row.status == InboxStatus.PARKED:
            _alert_parked(row, now)
    facts = {"inbox_event_id": str(row_id), "type": row.type, "code": code, "attempts": row.attempts}
    if is_early:
        logger.info("webhook.waiting", extra=facts)
    else:
        logger.error("credit.failed", extra=facts, exc_info=None if isinstance(error, Refusal) else error)
    return InboxStatus(row.status)


def _alert_parked(row: InboxEvent, now: datetime) -> None:
    """A person has to look: what failed may be a payment. Events that fail alike count onto one alert."""
    raise_alert(
        kind=AlertKind.INBOX_PARKED,
        severity=Severity.HIGH,
        dedup_key=f"{row.type}:{row.error_code}",
        summary="Stripe events failed too often and are not tried again by themselves.",
        subject={
            "inbox_event_id": str(row.id),
            "stripe_event_id": row.stripe_event_id,
            "type": row.type,
            "code": row.error_code,
        },
        now=now,
    )


def backoff(attempts: int) -> timedelta:
    """How long a failed event waits: 10 seconds, then four times as long each time, 6 hours at most."""
    longest: timedelta = INBOX_BACKOFF_MIN * 4 ** (attempts - 1)
    return min(longest, INBOX_BACKOFF_MAX)


def _wake_workers(status: InboxStatus) -> None:
    if status == InboxStatus.PROCESSED:
        wake("mirror.deliver")
    wake(SYNC_TASK, within_seconds=SYNC_WAKE_SECONDS)


def _subject_of(data: Mapping[str, Any]) -> tuple[str, str, uuid.UUID | None]:
    """What the event is about: the object's id, its payment intent, and the purchase that its metadata names."""
    is_intent = data.get("object") == "payment_intent"
    intent = data.get("id") if is_intent else data.get("payment_intent")
    metadata = data.get("metadata")
    try:
        purchase_id = uuid.UUID(str(metadata["purchase_id"])) if isinstance(metadata, Mapping) else None
    except (KeyError, ValueError):
        purchase_id = None
    return _word(data.get("id")), _word(intent), purchase_id


def _word(value: object) -> str:
    return value[:255] if isinstance(value, str) else ""
