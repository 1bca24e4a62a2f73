"""Notes of what Firestore was found to show wrongly: facts, for the watch and for staff."""

from datetime import datetime, timedelta

import structlog
from django.db import connection

from mirror import limits
from mirror.kinds import Claim, Findings
from mirror.models import Drift

logger = structlog.get_logger(__name__)

NOTE_FOUND = """
    INSERT INTO mirror_drift AS known
        (kind, subject_id, missing, differing, surplus, example_path, found_at)
    VALUES (%(kind)s, %(subject_id)s, %(missing)s, %(differing)s, %(surplus)s, %(path)s, %(now)s)
    ON CONFLICT (kind, subject_id) WHERE repaired_at IS NULL DO UPDATE SET
        missing = known.missing + excluded.missing,
        differing = known.differing + excluded.differing,
        surplus = known.surplus + excluded.surplus
"""


def note_found(claimed: Claim, *, findings: Findings, path: str, now: datetime) -> None:
    """Note that documents of a subject are not as they should be; called before they are mended.

    A subject has one open row: what is found until all is mended adds up in it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE_FOUND,
            {
                "kind": claimed.kind,
                "subject_id": claimed.subject_id,
                "missing": findings.missing,
                "differing": findings.differing,
                "surplus": findings.surplus,
                "path": path,
                "now": now,
            },
        )
    logger.warning(
        "discrepancy.found",
        kind=claimed.kind,
        subject_id=claimed.subject_id,
        path=path,
        missing=findings.missing,
        differing=findings.differing,
        surplus=findings.surplus,
    )


def note_repaired(claimed: Claim, *, now: datetime) -> None:
    """Note that Firestore shows a subject as it should, after all of it was compared."""
    repaired = Drift.objects.filter(
        kind=claimed.kind, subject_id=claimed.subject_id, repaired_at__isnull=True
    ).update(repaired_at=now)
    if repaired:
        logger.info("discrepancy.repaired", kind=claimed.kind, subject_id=claimed.subject_id)


def prune(*, now: datetime) -> int:
    """Delete what was repaired and is past its retention; give how many."""
    before = now - timedelta(days=limits.DRIFT_RETENTION_DAYS)
    deleted, _ = Drift.objects.filter(found_at__lt=before, repaired_at__isnull=False).delete()
    return deleted
