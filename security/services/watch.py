"""Looks at facts that the apps below keep, and raises alerts over them."""

from datetime import datetime
from typing import Final

from mirror import queries as mirror
from security import limits
from security.kinds import AlertKind, Severity
from security.queries import alerts
from security.services.alerts import raise_alert
from security.services.detection import detect_refusals
from security.services.signatures import tell_bad_signatures

MIRROR: Final = (
    "mirror"  # one alert for the whole mirror: what goes wrong with one subject mostly does with all
)


def watch(*, now: datetime) -> None:
    """Raise what is to be raised. A repeat says how many there are now, on the alert that is there."""
    _watch_parked(now)
    _watch_lag(now)
    _watch_drift(now)
    detect_refusals(now=now)
    tell_bad_signatures(now=now)


def _watch_parked(now: datetime) -> None:
    """Subjects that were given up."""
    parked, total = mirror.parked(), mirror.parked_count()
    if not parked or total == alerts.unresolved_count(AlertKind.MIRROR_PARKED, MIRROR):
        return  # nothing, or nothing new since the last watch
    oldest = parked[0]
    raise_alert(
        kind=AlertKind.MIRROR_PARKED,
        severity=Severity.HIGH,
        dedup_key=MIRROR,
        summary=f"{total} parked in the mirror's outbox: what Firestore shows of them is old.",
        subject={"kind": oldest.kind, "subject_id": oldest.subject_id, "code": oldest.last_error},
        now=now,
        total=total,
    )


def _watch_lag(now: datetime) -> None:
    """Deliveries that are late and not given up, as in an outage of Firestore."""
    lag_seconds = mirror.lag_seconds(now)
    if lag_seconds <= limits.MIRROR_LAG_SECONDS_MAX:
        return
    backlog = mirror.backlog()
    raise_alert(
        kind=AlertKind.MIRROR_BEHIND,
        severity=Severity.HIGH,
        dedup_key=MIRROR,
        summary=f"Firestore is {lag_seconds:.0f} s behind: {backlog} wait to be mirrored.",
        subject={"lag_seconds": f"{lag_seconds:.0f}", "backlog": str(backlog)},
        now=now,
        total=backlog,
    )


def _watch_drift(now: datetime) -> None:
    """What Firestore showed wrongly since somebody last looked into that, though it is repaired by now."""
    facts = mirror.drift_since(alerts.last_resolved_at(AlertKind.MIRROR_DRIFT, MIRROR))
    if facts.found in (0, alerts.unresolved_count(AlertKind.MIRROR_DRIFT, MIRROR)):
        return  # nothing new since the last watch, or nothing at all
    raise_alert(
        kind=AlertKind.MIRROR_DRIFT,
        severity=Severity.HIGH if facts.open else Severity.MEDIUM,
        dedup_key=MIRROR,
        summary=f"Firestore showed {facts.found} subjects wrongly; {facts.open} are not repaired yet.",
        subject={"kind": facts.kind, "subject_id": facts.subject_id, "path": facts.path},
        now=now,
        total=facts.found,
    )
