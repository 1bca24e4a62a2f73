"""What waits to be mirrored."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Min

from mirror import limits
from mirror.kinds import SubjectState, SubjectStatus
from mirror.models import MirroredSubject, OutboxRow


def backlog() -> int:
    """How many subjects wait for their delivery; the parked ones, for which nobody waits, left out."""
    return OutboxRow.objects.filter(parked_at__isnull=True).count()


def parked_count() -> int:
    """How many subjects were given up and wait for a person."""
    return OutboxRow.objects.filter(parked_at__isnull=False).count()


def lag_seconds(now: datetime) -> float:
    """How long the oldest undelivered intent has waited; 0 for none. Parked rows do not count."""
    oldest = OutboxRow.objects.filter(parked_at__isnull=True).aggregate(oldest=Min("stale_since"))["oldest"]
    return max((now - oldest).total_seconds(), 0.0) if oldest else 0.0


def parked() -> Sequence[SubjectState]:
    """The subjects that were given up, oldest first, at most `PARKED_LISTED_MAX`."""
    rows = OutboxRow.objects.filter(parked_at__isnull=False).order_by("parked_at")
    return [waiting_state(row) for row in rows[: limits.PARKED_LISTED_MAX]]


def state_of(kind: str, subject_id: str) -> SubjectState:
    """Where a subject's mirroring stands."""
    noted = MirroredSubject.objects.filter(kind=kind, subject_id=subject_id).first()
    row = OutboxRow.objects.filter(kind=kind, subject_id=subject_id).first()
    if row is not None:
        return waiting_state(row, noted)
    if noted is not None:
        return SubjectState(
            kind, subject_id, SubjectStatus.CURRENT, version=noted.version, delivered_at=noted.delivered_at
        )
    return SubjectState(kind, subject_id, SubjectStatus.UNKNOWN)


def waiting_state(row: OutboxRow, noted: MirroredSubject | None = None) -> SubjectState:
    """What a row of the outbox says of its subject."""
    return SubjectState(
        row.kind,
        row.subject_id,
        SubjectStatus.PARKED if row.parked_at else SubjectStatus.DUE,
        version=noted.version if noted else None,
        delivered_at=noted.delivered_at if noted else None,
        stale_since=row.stale_since,
        attempts=row.attempts,
        parked_at=row.parked_at,
        last_error=row.last_error,
    )
