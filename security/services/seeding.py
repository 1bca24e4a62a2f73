"""Makes alerts and refusals that mean nothing, to measure what many of them cost."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from security.kinds import AlertKind, AlertStatus, Limit, Resolution, Severity
from security.limits import SEED_BATCH, SEED_OPEN_EVERY
from security.models import Alert, LimitRefusal

KEY_PREFIX = "seed_load:"
SPACING = timedelta(minutes=7)


def add_alerts(*, user_ids: Sequence[uuid.UUID], total: int, now: datetime) -> int:
    """Bring the seeded alerts to so many, about these customers in turn; answer how many were new.

    All but every `SEED_OPEN_EVERY`th are resolved. They are not mirrored: no intent is written for them.
    """
    there = Alert.objects.filter(dedup_key__startswith=KEY_PREFIX).count()
    alerts = [_alert(number, user_ids[number % len(user_ids)], now) for number in range(there, total)]
    Alert.objects.bulk_create(alerts, batch_size=SEED_BATCH)
    return len(alerts)


def add_refusals(*, user_ids: Sequence[uuid.UUID], total: int, now: datetime) -> int:
    """Bring the refusals to so many, one each of these customers in turn; answer how many were new."""
    there = LimitRefusal.objects.count()
    refusals = [_refusal(number, user_ids[number % len(user_ids)], now) for number in range(there, total)]
    LimitRefusal.objects.bulk_create(refusals, batch_size=SEED_BATCH)
    return len(refusals)


def _alert(number: int, user_id: uuid.UUID, now: datetime) -> Alert:
    at = now - SPACING * number
    kinds, severities, resolutions = list(AlertKind), list(Severity), list(Resolution)
    is_open = number % SEED_OPEN_EVERY == 0
    return Alert(
        kind=kinds[number % len(kinds)],
        severity=severities[number % len(severities)],
        status=AlertStatus.OPEN if is_open else AlertStatus.RESOLVED,
        resolution="" if is_open else resolutions[number % len(resolutions)],
        resolved_at=None if is_open else at,
        dedup_key=f"{KEY_PREFIX}{number}",
        summary="Made to be counted.",
        user_id=user_id,
        first_seen_at=at,
        last_seen_at=at,
        updated_at=at,
    )


def _refusal(number: int, user_id: uuid.UUID, now: datetime) -> LimitRefusal:
    at = now - SPACING * number
    return LimitRefusal(
        user_id=user_id,
        limit=list(Limit)[number % len(Limit)],
        allowed=5,
        starts_at=at,
        ends_at=at + timedelta(hours=1),
        first_refused_at=at,
        last_refused_at=at,
        is_mistake=None if number % 10 else not number % 20,
        labelled_at=None if number % 10 else at,
    )
