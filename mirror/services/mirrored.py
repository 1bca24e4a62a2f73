"""Notes of what Firestore holds, made after it was seen there."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from mirror import limits
from mirror.kinds import Chunk
from mirror.models import MirroredDocument, MirroredSubject

# Two deliveries may note in the other order than they committed: the greater version stands.
NOTE_SUBJECT = """
    INSERT INTO mirror_mirroredsubject AS noted (kind, subject_id, version, delivered_at)
    VALUES (%(kind)s, %(subject_id)s, %(version)s, %(now)s)
    ON CONFLICT (kind, subject_id) DO UPDATE SET
        version = excluded.version, delivered_at = excluded.delivered_at
    WHERE noted.version < excluded.version
"""
PRUNE = """
    DELETE FROM mirror_mirroreddocument WHERE id IN (
        SELECT id FROM mirror_mirroreddocument WHERE delivered_at < %s LIMIT %s
    )
"""


def version_of(*, kind: str, subject_id: str) -> int:
    """The newest version noted; 0 for none."""
    noted = MirroredSubject.objects.filter(kind=kind, subject_id=subject_id)
    return noted.values_list("version", flat=True).first() or 0


def note_delivered(*, kind: str, subject_id: str, chunk: Chunk, now: datetime) -> None:
    """Note that Firestore holds a chunk. A document keeps the time at which it was noted first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            NOTE_SUBJECT,
            {"kind": kind, "subject_id": subject_id, "version": chunk.version, "now": now},
        )
        MirroredDocument.objects.bulk_create(
            [
                MirroredDocument(path=document.path, kind=kind, subject_id=subject_id, delivered_at=now)
                for document in chunk.documents
            ],
            ignore_conflicts=True,
        )


def prune_documents(*, now: datetime) -> int:
    """Delete the delivery times that are past their retention, in bounded batches; give how many."""
    before = now - timedelta(days=limits.DOCUMENT_RETENTION_DAYS)
    deleted = 0
    for _ in range(limits.PRUNE_BATCHES_MAX):
        with connection.cursor() as cursor:
            cursor.execute(PRUNE, [before, limits.PRUNE_BATCH_ROWS])
            deleted += cursor.rowcount
            if cursor.rowcount < limits.PRUNE_BATCH_ROWS:
                break
    return deleted
