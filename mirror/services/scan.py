"""Looks for drift and repairs it: the hourly sample, the full scan, and the rebuild of everything."""

import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from foundation.waker import wake
from mirror import limits
from mirror.kinds import SCAN_TASK, Batch, Clock, Ending, Only
from mirror.models import ScanProgress
from mirror.queries.drift import drifted
from mirror.queries.repairs import repairs_left
from mirror.services import outbox, projections
from mirror.services.dispatch import deliver_due

logger = structlog.get_logger(__name__)


def scan(*, is_full: bool, clock: Clock, kinds: Sequence[str] = ()) -> list[Batch]:
    """Compare subjects of each kind (of all, unless told) with Firestore and repair them, for a task's time.

    A sample goes on where the last one ended, so that everything has its turn. A full scan that is not through
    goes on with the next task, which is woken at once. Subjects of which an intent waits are left to it.
    """
    kinds = kinds or projections.kinds()
    for kind in kinds:
        ScanProgress.objects.get_or_create(kind=kind)
    if is_full:
        ScanProgress.objects.filter(kind__in=kinds, full_to__isnull=True).update(full_to="")
    batches: list[Batch] = []
    for kind in kinds:
        ends_at = clock() + timedelta(seconds=limits.SCAN_SECONDS_MAX / len(kinds))
        batches += _scan_kind(ScanProgress.objects.get(kind=kind), ends_at, clock)
        if batches and batches[-1].ending is Ending.FIRESTORE_UNAVAILABLE:
            return batches
    if ScanProgress.objects.filter(kind__in=kinds, full_to__isnull=False).exists():
        wake(SCAN_TASK)
    return batches


def rebuild(*, kind: str, after: str, clock: Clock) -> Iterator[Batch]:
    """Compare and repair every subject of a kind that follows `after`, batch by batch, whatever waits of it.

    A parked subject is repaired too. It ends early when Firestore does not answer.

    :raises ProjectionMissing: `projection_missing`: there is no such kind.
    """
    while subject_ids := _following(kind, after, limits.REPAIR_BATCH_SUBJECTS_MAX):
        batch = rebuild_subjects(kind=kind, subject_ids=subject_ids, clock=clock)
        yield batch
        if batch.ending is Ending.FIRESTORE_UNAVAILABLE:
            return
        after = batch.last


def rebuild_subjects(*, kind: str, subject_ids: Sequence[str], clock: Clock) -> Batch:
    """Compare and repair these subjects, whatever waits of them; parked ones too."""
    now = clock()
    for subject_id in subject_ids:
        outbox.request_repair(kind=kind, subject_id=subject_id, now=now)
    return _work_off(Only(kind, subject_ids), subject_ids[-1], now, clock)


def _scan_kind(progress: ScanProgress, ends_at: datetime, clock: Clock) -> Iterator[Batch]:
    """A full scan that is not through goes first: it sees what a sample would."""
    if progress.full_to is None:
        field, at_the_end, subjects_left = "sampled_to", "", limits.SCAN_SAMPLE_SUBJECTS_MAX
    else:
        field, at_the_end, subjects_left = "full_to", None, sys.maxsize
    while subjects_left > 0 and clock() < ends_at:
        size = min(subjects_left, limits.REPAIR_BATCH_SUBJECTS_MAX)
        subject_ids = _following(progress.kind, getattr(progress, field), size)
        if subject_ids:
            batch = _scan_batch(progress.kind, subject_ids, clock)
            yield batch
            if batch.ending is Ending.FIRESTORE_UNAVAILABLE:
                return
        setattr(progress, field, subject_ids[-1] if subject_ids else at_the_end)
        progress.save(update_fields=[field])
        subjects_left -= len(subject_ids) or subjects_left


def _scan_batch(kind: str, subject_ids: Sequence[str], clock: Clock) -> Batch:
    now = clock()
    quiet = [
        subject_id
        for subject_id in subject_ids
        if outbox.request_repair_unless_waiting(kind=kind, subject_id=subject_id, now=now)
    ]
    return _work_off(Only(kind, quiet), subject_ids[-1], now, clock)


def _work_off(only: Only, last: str, started_at: datetime, clock: Clock) -> Batch:
    """Deliver until these repairs are done, given up, or out of time; other workers may take part."""
    ends_at = started_at + timedelta(seconds=limits.REPAIR_BATCH_SECONDS_MAX)
    while True:
        run = deliver_due(clock=clock, only=only)
        left = repairs_left(only)
        is_given_up = all(state.parked_at or state.attempts >= limits.REPAIR_ATTEMPTS_MAX for state in left)
        if is_given_up or run.ending is Ending.FIRESTORE_UNAVAILABLE or clock() >= ends_at:
            break
        threading.Event().wait(limits.REPAIR_PAUSE_SECONDS)
    batch = Batch(
        kind=only.kind,
        last=last,
        compared=len(only.subject_ids) - len(left),
        drifted=drifted(kind=only.kind, subject_ids=only.subject_ids, since=started_at),
        left=left,
        ending=run.ending,
    )
    logger.info(
        "mirror.scanned", kind=batch.kind, compared=batch.compared, drifted=batch.drifted, left=len(left)
    )
    return batch


def _following(kind: str, after: str, limit: int) -> Sequence[str]:
    return projections.registration_of(kind).subjects(after, limit)
