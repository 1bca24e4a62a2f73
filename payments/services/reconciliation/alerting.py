"""Tells security how many discrepancies of a check are open: one alert for each check."""

from datetime import datetime

from payments.queries.discrepancies import open_of
from payments.services.reconciliation.check import Check
from security.kinds import Severity
from security.queries.alerts import unresolved_alert
from security.services.alerts import raise_alert

_IN_ORDER = list(Severity)


def tell(*, check: Check, now: datetime) -> None:
    """Raise the check's alert, or count on it; nothing where nothing is open, or all of it was told as it is."""
    rows = open_of(check.name)
    total = rows.count()
    if not total:
        return
    severities = set(rows.values_list("severity", flat=True).order_by().distinct())
    severity = max(map(Severity, severities), key=_IN_ORDER.index)
    told = unresolved_alert(check.alert, check.name)
    if (
        told
        and told.count == total
        and _IN_ORDER.index(severity) <= _IN_ORDER.index(Severity(told.severity))
        and not rows.filter(first_seen_at__gt=told.last_seen_at).exists()
    ):
        return
    oldest = rows.order_by("first_seen_at")[0]
    raise_alert(
        kind=check.alert,
        severity=severity,
        dedup_key=check.name,
        summary=f"Reconciliation ({check.name}) has found {total} that do not agree, the first: {oldest.kind}.",
        subject={"check": check.name, "kind": oldest.kind, "subject": oldest.subject},
        now=now,
        total=total,
    )
