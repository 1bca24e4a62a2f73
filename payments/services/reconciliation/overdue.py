"""Tells security which checks were not made in full for too long: one alert for each."""

from datetime import datetime

from django.db.models import Max, Min

from payments.limits import CHECK_OVERDUE_AFTER, CHECK_OVERDUE_AFTER_OF
from payments.models import ReconciliationRun
from payments.services.reconciliation.checks import ALL
from security.kinds import AlertKind, Severity
from security.queries.alerts import unresolved_count
from security.services.alerts import raise_alert


def watch_checks(*, now: datetime) -> list[str]:
    """Raise an alert over each check that nobody has made in full for a few of its periods; answer which they are.

    What was never made in full is measured from the first run that there was of any.
    """
    begun_at = ReconciliationRun.objects.aggregate(at=Min("started_at"))["at"] or now
    in_full = ReconciliationRun.objects.filter(finished_at__isnull=False, left_out="")
    made_at = dict(in_full.order_by().values_list("check_name").annotate(Max("started_at")))
    overdue = {
        name: at
        for name in ALL
        if now - (at := made_at.get(name, begun_at)) > CHECK_OVERDUE_AFTER_OF.get(name, CHECK_OVERDUE_AFTER)
    }
    for name, since in overdue.items():
        _tell(name, since, now)
    return list(overdue)


def _tell(name: str, since: datetime, now: datetime) -> None:
    tried = ReconciliationRun.objects.filter(check_name=name, started_at__gt=since).count()
    times = max(tried, 1)
    if times == unresolved_count(AlertKind.CHECK_OVERDUE, name):
        return  # nobody has tried since it was told
    raise_alert(
        kind=AlertKind.CHECK_OVERDUE,
        severity=Severity.HIGH,
        dedup_key=name,
        summary=f"Reconciliation ({name}) was not made in full since {since:%Y-%m-%d %H:%M} UTC, in {tried} runs.",
        subject={"check": name, "runs": str(tried)},
        now=now,
        total=times,
    )
