"""Tells security how many discrepancies of a check are open: one alert for each check."""

from datetime import datetime

from payments.queries.discrepancies import open_of
from payments.services.reconciliation.check import Check
from security.kinds import Severity
from security.queries.alerts import unresolved_count
from security.services.alerts import raise_alert

_IN_ORDER = list(Severity)


def tell(*, check: Check, now: datetime) -> None:
    """Raise the check's alert, or count on it; nothing where nothing is open, or as many as were told."""
    rows = open_of(check.name)
    total = rows.count()
    if total in (0, unresolved_count(check.alert, check.name)):
        return
    severities = set(rows.values_list("severity", flat=True).order_by().distinct())
    oldest = rows.order_by("first_seen_at")[0]
    raise_alert(
        kind=check.alert,
        severity=max(map(Severity, severities), key=_IN_ORDER.index),
        dedup_key=check.name,
        summary=f"Reconciliation ({check.name}) has found {total} that do not agree, the first: {oldest.kind}.",
        subject={"check": check.name, "kind": oldest.kind, "subject": oldest.subject},
        now=now,
        total=total,
    )
