"""Forgets what payments need not keep: what events said once they are handled, and old findings of reconciliation."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Func, JSONField, Q, QuerySet, Value

from foundation.limits import FORGET_BATCH_ROWS, FORGET_BATCHES_MAX
from foundation.services.retention import forget
from payments.gateways import stripe_copy
from payments.kinds import DiscrepancyStatus, InboxStatus
from payments.limits import (
    DISCREPANCIES_KEPT,
    PAYLOADS_KEPT,
    PAYLOADS_OF_EARLY_EVENTS_KEPT,
    RUNS_KEPT,
)
from payments.models import Discrepancy, InboxEvent, ReconciliationRun

_DONE = (InboxStatus.PROCESSED, InboxStatus.IGNORED)
# What is left of a payload: which event it was, and of what; nothing of whom.
_KEPT = ("id", "type", "object", "created", "livemode", "api_version")


def redact_payloads(*, now: datetime) -> int:
    """Take out of old events what they said; answer of how many. Never of one that may have to be handled yet.

    One that came before its payment is handled when that is settled, which takes days at most: it is kept longer.
    dj-stripe's row of an event says the same once more, and goes with it.
    """
    redacted = 0
    for _ in range(FORGET_BATCHES_MAX):
        ids = list(_old(now).values_list("id", flat=True)[:FORGET_BATCH_ROWS])
        redacted += _redact(ids, now)
        if len(ids) < FORGET_BATCH_ROWS:
            break
    return redacted


def forget_findings(*, now: datetime) -> int:
    """Delete old runs of reconciliation and what ended long ago of what they found; answer how many rows went."""
    runs = ReconciliationRun.objects.filter(started_at__lt=now - RUNS_KEPT).order_by("started_at")
    ended = Discrepancy.objects.exclude(status=DiscrepancyStatus.OPEN)
    old = ended.filter(last_seen_at__lt=now - DISCREPANCIES_KEPT).order_by("last_seen_at")
    return forget(rows=runs) + forget(rows=old)


def _old(now: datetime) -> QuerySet[InboxEvent]:
    return InboxEvent.objects.filter(
        Q(error_code="") | Q(received_at__lt=now - PAYLOADS_OF_EARLY_EVENTS_KEPT),
        status__in=_DONE,
        redacted_at=None,
        sync_due_at=None,
        received_at__lt=now - PAYLOADS_KEPT,
    ).order_by("received_at")


def _redact(ids: Sequence[uuid.UUID], now: datetime) -> int:
    with transaction.atomic():
        # Whether it is done is asked again by the statement that redacts.
        done = InboxEvent.objects.filter(id__in=ids, status__in=_DONE)
        redacted = done.update(payload=_redacted(), redacted_at=now)
        gone = InboxEvent.objects.filter(id__in=ids, redacted_at__isnull=False)
        stripe_copy.forget_events(list(gone.values_list("stripe_event_id", flat=True)))
    return redacted


def _redacted() -> Func:
    """The payload's own facts, with an object that says no more than what it was."""
    pairs = [part for name in _KEPT for part in (Value(name), F(f"payload__{name}"))]
    return Func(*pairs, function="jsonb_build_object", output_field=JSONField())
