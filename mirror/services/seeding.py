"""Notes documents as delivered that nobody delivered, to measure what many of them cost."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from mirror.models import OutboxRow
from mirror.services.mirrored import NOTE_DOCUMENTS, NOTE_SUBJECTS


def note_documents(*, kind: str, paths: Sequence[str], subject_ids: Sequence[str], now: datetime) -> None:
    """Note that Firestore has these documents, each of a subject."""
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE_DOCUMENTS, [list(paths), [kind] * len(paths), list(subject_ids), [now] * len(paths)]
        )


def note_subjects(*, kind: str, versions: Sequence[tuple[str, int]], now: datetime) -> None:
    """Note that Firestore shows these subjects at these versions, so that nothing waits to be delivered of them."""
    subject_ids = [subject_id for subject_id, _ in versions]
    count = len(versions)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            NOTE_SUBJECTS, [[kind] * count, subject_ids, [version for _, version in versions], [now] * count]
        )
        OutboxRow.objects.filter(kind=kind, subject_id__in=subject_ids).delete()
