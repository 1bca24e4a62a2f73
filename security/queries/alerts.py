"""What is known of alerts."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from security.kinds import AlertKind, AlertStatus, Severity
from security.models import Alert


def count_open_by_severity() -> dict[Severity, int]:
    """How many alerts nobody has acknowledged yet, by severity; a severity without any is 0."""
    rows = (
        Alert.objects.filter(status=AlertStatus.OPEN).order_by().values_list("severity").annotate(Count("id"))
    )
    return dict.fromkeys(Severity, 0) | {Severity(severity): count for severity, count in rows}


def unresolved_alert(kind: AlertKind, dedup_key: str) -> Alert | None:
    """The alert of this kind and key that nobody has resolved yet; the database allows one."""
    alerts = Alert.objects.filter(kind=kind, dedup_key=dedup_key)
    return alerts.exclude(status=AlertStatus.RESOLVED).first()


def unresolved_count(kind: AlertKind, dedup_key: str) -> int:
    """How often the cause of the unresolved alert of this kind and key was seen; 0 without such an alert."""
    alert = unresolved_alert(kind, dedup_key)
    return alert.count if alert else 0


def unresolved_sight(kind: AlertKind, dedup_key: str) -> tuple[int, datetime] | None:
    """How often the cause of the unresolved alert of this kind and key was seen, and when last; None without one."""
    alert = unresolved_alert(kind, dedup_key)
    return (alert.count, alert.last_seen_at) if alert else None


def is_flood(alert_id: uuid.UUID) -> bool:
    """Whether the alert counts what exceeds a kind's budget, and so tells of many."""
    return Alert.objects.filter(id=alert_id, kind=AlertKind.ALERT_FLOOD).exists()


def last_resolved_at(kind: AlertKind, dedup_key: str) -> datetime | None:
    """When an alert of this kind and key was last resolved; None for never."""
    found: datetime | None = Alert.objects.filter(kind=kind, dedup_key=dedup_key).aggregate(
        at=Max("resolved_at")
    )["at"]
    return found


def count_opened() -> list[tuple[str, str, int]]:
    """How many alerts there ever were, by kind and severity."""
    rows = Alert.objects.order_by("kind", "severity").values_list("kind", "severity")
    return list(rows.annotate(count=Count("id")))


def alert_of(alert_id: uuid.UUID) -> Alert | None:
    """The alert with this id."""
    return Alert.objects.filter(id=alert_id).first()


def ids_after(alert_id: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """The alerts that follow one by id (None: the first ones)."""
    later = Alert.objects.filter(id__gt=alert_id) if alert_id else Alert.objects.all()
    return list(later.order_by("id").values_list("id", flat=True)[:limit])


def ids_among(alert_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the ids that are an alert's."""
    return set(Alert.objects.filter(id__in=alert_ids).values_list("id", flat=True))


def alerts_about(user_id: uuid.UUID) -> QuerySet[Alert]:
    """The alerts that tell of this customer, newest first."""
    return Alert.objects.filter(user_id=user_id).order_by("-last_seen_at", "-id")


def count_opened_since_each(times: Sequence[datetime]) -> list[int]:
    """How many alerts were opened since each of these times, after grouping."""
    counts = {
        f"since_{number}": Count("id", filter=Q(first_seen_at__gte=at)) for number, at in enumerate(times)
    }
    return list(Alert.objects.filter(first_seen_at__gte=min(times)).aggregate(**counts).values())


def count_unresolved_by_age(*, now: datetime, ages: Sequence[timedelta]) -> dict[Severity, list[int]]:
    """How many alerts are not resolved, by severity: younger than the first of `ages`, than the second, … older."""
    rows = Alert.objects.exclude(status=AlertStatus.RESOLVED).order_by().values_list("severity")
    bounds = [now - age for age in ages]
    spans = zip([None, *bounds], [*bounds, None], strict=True)
    columns = {f"age_{number}": Count("id", filter=_between(*span)) for number, span in enumerate(spans)}
    counted = {Severity(severity): counts for severity, *counts in rows.annotate(**columns)}
    return {severity: counted.get(severity, [0] * len(columns)) for severity in Severity}


def _between(newest: datetime | None, oldest: datetime | None) -> Q:
    """First seen up to `newest`, and after `oldest`."""
    young = Q(first_seen_at__lte=newest) if newest else Q()
    return young & Q(first_seen_at__gt=oldest) if oldest else young


def alerts_about_purchase(*, buyer_id: uuid.UUID, purchase_id: uuid.UUID) -> QuerySet[Alert]:
    """The alerts about its buyer that name this purchase, newest first."""
    named = Q(dedup_key=str(purchase_id)) | Q(evidence__purchase_id=str(purchase_id))
    return alerts_about(buyer_id).filter(named)
