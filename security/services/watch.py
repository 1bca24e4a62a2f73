"""Looks at facts that the apps below keep, and raises alerts over them."""

from datetime import datetime

from mirror import queries as mirror
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert


def watch(*, now: datetime) -> None:
    """Raise what is to be raised. A repeat says how many there are now, on the alert that is there."""
    _watch_parked(now)


def _watch_parked(now: datetime) -> None:
    """One alert for all parked subjects: what stops one delivery mostly stops them all."""
    parked = mirror.parked()
    if not parked:
        return
    oldest, total = parked[0], mirror.parked_count()
    raise_alert(
        kind=AlertKind.MIRROR_PARKED,
        severity=Severity.HIGH,
        dedup_key="mirror",
        summary=f"{total} parked in the mirror's outbox: what Firestore shows of them is old.",
        subject={"kind": oldest.kind, "subject_id": oldest.subject_id, "code": oldest.last_error},
        now=now,
        total=total,
    )
