"""Notes of what Firestore holds, made after it was seen there."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from mirror import limits
from mirror.kinds import Chunk, Clock
from mirror.models import MirroredSubject

# Two deliveries may note in the other order than they committed: the greater version stands.
# Whoever notes many rows does it in the same order as anybody else, so that none waits for another in a circle.
NOTE_SUBJECTS = """
    INSERT INTO mirror_mirroredsubject AS noted (kind, subject_id, version, delivered_at)
    SELECT DISTINCT ON (kind, subject_id) kind, subject_id, version, at
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[]) AS told (kind, subject_id, version, at)
    ORDER BY kind, subject_id, version DESC
    ON CONFLICT (kind, subject_id) DO UPDATE SET
        version = excluded.version, delivered_at = excluded.delivered_at
    WHERE noted.version < excluded.version
"""
NOTE_DOCUMENTS = """
    INSERT INTO mirror_mirroreddocument (path, kind, subject_id, delivered_at)
    SELECT path, kind, subject_id, at
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS told (path, kind, subject_id, at)
    ORDER BY path
    ON CONFLICT (path) DO NOTHING
"""
VERSIONS = """
    SELECT noted.kind, noted.subject_id, noted.version
    FROM unnest(%s::text[], %s::text[]) AS wanted (kind, subject_id)
    JOIN mirror_mirroredsubject noted USING (kind, subject_id)
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


def versions_of(subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The newest version noted of each of these kinds and subject ids; without those of which there is none."""
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS, _columns(list(subjects)))
        return {(kind, subject_id): version for kind, subject_id, version in cursor.fetchall()}


def note_delivered(*, kind: str, subject_id: str, chunk: Chunk, now: datetime) -> None:
    """Note that Firestore holds a chunk. A document keeps the time at which it was noted first."""
    note_all_delivered([(kind, subject_id, chunk, now)])


def note_all_delivered(told: Sequence[tuple[str, str, Chunk, datetime]]) -> None:
    """Note of many subjects (kind, id, chunk, and when it was seen) that Firestore holds their chunks."""
    subjects = [(kind, subject_id, chunk.version, at) for kind, subject_id, chunk, at in told]
    documents = [
        (document.path, kind, subject_id, at)
        for kind, subject_id, chunk, at in told
        for document in chunk.documents
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOTE_SUBJECTS, _columns(subjects))
        if documents:
            cursor.execute(NOTE_DOCUMENTS, _columns(documents))


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def prune_documents(*, clock: Clock) -> int:
    """Delete the delivery times that are past their retention, batch by batch; give how many.

    It ends when none is left, or when its time is over: the next run goes on.
    """
    now = clock()
    before = now - timedelta(days=limits.DOCUMENT_RETENTION_DAYS)
    ends_at = now + timedelta(seconds=limits.PRUNE_SECONDS_MAX)
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(PRUNE, [before, limits.PRUNE_BATCH_ROWS])
            in_batch: int = cursor.rowcount
        deleted += in_batch
        if in_batch < limits.PRUNE_BATCH_ROWS or clock() >= ends_at:
            return deleted
