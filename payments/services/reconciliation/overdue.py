"""Tells security which checks were not made in full for too long: one alert for each."""

from datetime import datetime

from django.db.models import Max, Min

from payments.limits import CHECK_OVERDUE_AFTER, CHECK_OVERDUE_AFTER_OF, CHECK_OVERDUE_TRIES_MIN
from payments.models import ReconciliationRun
from payments.services.reconciliation.checks import ALL
from security.kinds import AlertKind, Severity
from security.queries.alerts import unresolved_count
from security.services.alerts import raise_alert


def watch_checks(*, now: datetime) -> list[str]:
    """Raise an alert over each check that was tried again and again, and not made in full for a few of its periods.

    What was never made in full is measured from the first run that there was of it. Answers which they are.
    """
    overdue = []
    for name in ALL:
        runs = ReconciliationRun.objects.filter(check_name=name)
        made_at = runs.filter(finished_at__isnull=False, left_out="").aggregate(at=Max("started_at"))["at"]
        tried = runs.filter(started_at__gt=made_at) if made_at else runs
        since = made_at or tried.aggregate(at=Min("started_at"))["at"] or now
        times = tried.count()
        is_late = now - since > CHECK_OVERDUE_AFTER_OF.get(name, CHECK_OVERDUE_AFTER)
        if is_late and times >= CHECK_OVERDUE_TRIES_MIN:
            _tell(name, since, times, now)
            overdue.append(name)
    return overdue


def _tell(name: str, since: datetime, times: int, now: datetime) -> None:
    if times == unresolved_count(AlertKind.CHECK_OVERDUE, name):
        return  # nobody has tried since it was told
    raise_alert(
        kind=AlertKind.CHECK_OVERDUE,
        severity=Severity.HIGH,
        dedup_key=name,
        summary=f"Reconciliation ({name}) was not made in full since {since:%Y-%m-%d %H:%M} UTC, in {times} runs.",
        subject={"check": name, "runs": str(times)},
        now=now,
        total=times,
    )
