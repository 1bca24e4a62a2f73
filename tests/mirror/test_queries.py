"""What the admin, the health page and the watch read."""

from datetime import timedelta

import pytest

from mirror import limits, queries
from mirror.errors import FirestoreUnavailable, MirrorConflict
from mirror.kinds import SubjectState, SubjectStatus
from mirror.models import MirroredDocument, MirroredSubject, OutboxRow
from mirror.services import mirrored, outbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_with_nothing_to_deliver_nothing_waits(clock):
    assert (queries.backlog(), list(queries.parked()), queries.lag_seconds(clock())) == (0, [], 0.0)


def test_the_backlog_counts_waiting_subjects_and_the_lag_is_the_oldest_ones(book, clock, claim_one):
    alice, bob = book.new_subject(), book.new_subject()
    book.change(alice)
    outbox.fail(claim_one(), failure=FirestoreUnavailable(), now=clock())
    OutboxRow.objects.update(stale_since=clock() - timedelta(minutes=2))
    book.change(bob)
    assert queries.backlog() == 2
    assert 120 <= queries.lag_seconds(clock()) < 125
    assert queries.lag_seconds(clock() - timedelta(days=1)) == 0.0  # a clock that is behind


def test_parked_subjects_are_told_apart_from_the_backlog(book, clock, claim_one):
    alice = book.new_subject()
    book.change(alice)
    now = clock()
    outbox.fail(claim_one(), failure=MirrorConflict(), now=now)
    assert (queries.backlog(), queries.parked_count(), queries.lag_seconds(clock())) == (0, 1, 0.0)
    (parked,) = queries.parked()
    assert (parked.kind, parked.subject_id, parked.status) == (book.kind, alice, SubjectStatus.PARKED)
    assert (parked.parked_at, parked.attempts, parked.last_error) == (now, 1, "mirror_conflict")


def test_only_so_many_parked_subjects_are_listed_the_oldest_first(clock):
    OutboxRow.objects.bulk_create(
        OutboxRow(
            kind="wallet",
            subject_id=str(minutes),
            stale_since=clock(),
            due_at=clock(),
            parked_at=clock() - timedelta(minutes=minutes),
        )
        for minutes in range(limits.PARKED_LISTED_MAX + 2)
    )
    listed = queries.parked()
    assert len(listed) == limits.PARKED_LISTED_MAX
    assert listed[0].subject_id == str(limits.PARKED_LISTED_MAX + 1)


def test_the_state_of_a_subject_from_unknown_to_current(book, clock, deliver_one):
    alice = book.new_subject()
    assert queries.state_of(book.kind, alice) == SubjectState(book.kind, alice, SubjectStatus.UNKNOWN)
    book.change(alice)
    waiting = queries.state_of(book.kind, alice)
    assert (waiting.status, waiting.version, waiting.delivered_at) == (SubjectStatus.DUE, None, None)
    assert waiting.stale_since is not None
    deliver_one()
    current = queries.state_of(book.kind, alice)
    assert (current.status, current.version, current.stale_since) == (SubjectStatus.CURRENT, 1, None)
    book.change(alice)
    assert queries.state_of(book.kind, alice).version == 1
    assert queries.state_of(book.kind, alice).delivered_at == current.delivered_at


def test_delivery_times_are_known_for_documents_that_were_seen(book, clock, deliver_one):
    alice = book.new_subject()
    book.change(alice)
    (path,) = book.entry_paths(alice)
    before = clock()
    assert queries.delivered_at([path]) == {}
    deliver_one()
    times = queries.delivered_at([path, "entries/unknown"])
    assert list(times) == [path]
    assert before <= times[path] <= clock()


def test_delivery_times_are_pruned_after_their_retention_until_none_is_left_or_the_time_is_over(
    clock, monkeypatch
):
    monkeypatch.setattr(limits, "PRUNE_BATCH_ROWS", 2)
    old = clock() - timedelta(days=limits.DOCUMENT_RETENTION_DAYS, seconds=1)
    young = clock() - timedelta(days=limits.DOCUMENT_RETENTION_DAYS - 1)
    MirroredDocument.objects.bulk_create(
        MirroredDocument(path=f"entries/{number}", kind="k", subject_id="s", delivered_at=at)
        for number, at in enumerate([*[old] * 51, young])
    )
    with monkeypatch.context() as without_time:
        without_time.setattr(limits, "PRUNE_SECONDS_MAX", 0)
        assert mirrored.prune_documents(clock=clock) == 2
    assert mirrored.prune_documents(clock=clock) == 49
    assert MirroredDocument.objects.get().delivered_at == young


def test_rows_are_named_by_what_they_tell(book, deliver_one):
    alice = book.new_subject()
    book.change(alice)
    deliver_one()
    assert str(MirroredSubject.objects.get()) == f"{book.kind} {alice} at 1"
    assert str(MirroredDocument.objects.get()) == book.entry_paths(alice)[0]
