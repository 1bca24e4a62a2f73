"""A delivery: documents and their subject appear together, in order, once, beside what others wrote."""

import uuid

import pytest
from google.cloud import firestore

from mirror import limits
from mirror.kinds import Chunk, Document, Outcome
from mirror.models import MirroredDocument, MirroredSubject, OutboxRow
from mirror.services import mirrored, outbox
from mirror.services.delivery import deliver
from mirror.services.projections import projection_of, register
from tests.mirror.book import Book, Killed

pytestmark = pytest.mark.django_db(transaction=True)


def noted(book, subject_id) -> int:
    return MirroredSubject.objects.get(kind=book.kind, subject_id=subject_id).version


def test_a_change_is_shown_with_all_that_led_to_it(book, shown, deliver_one, clock):
    alice = book.new_subject()
    for amount in (250, -3, 7):
        book.change(alice, amount)
    book.change(alice, has_entry=False)
    before = clock()
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice, 4)
    assert not OutboxRow.objects.exists()
    assert noted(book, alice) == 4
    stamps = dict(MirroredDocument.objects.values_list("path", "delivered_at"))
    assert sorted(stamps) == sorted(book.entry_paths(alice))
    assert all(before <= stamp <= clock() for stamp in stamps.values())


def test_only_what_is_new_is_asked_for_and_written(book, shown, proxy, deliver_one):
    alice = book.new_subject()
    book.change(alice)
    deliver_one()
    book.change(alice)
    deliver_one()
    assert [after for _, after, _ in book.asked] == [0, 1]
    assert [len(commit.writes) for commit in proxy.commits] == [2, 2]
    shown.check(book, alice)


def test_a_subject_without_documents_is_rewritten_under_its_one_path(book, shown, deliver_one):
    package = book.new_subject()
    for _ in range(3):
        book.change(package, has_entry=False)
        deliver_one()
        shown.check(book, package)
    assert not MirroredDocument.objects.exists()


def test_fields_of_the_documents_owner_survive(book, shown, deliver_one):
    alice = book.new_subject()
    profile = {"displayName": "Alice", "prefs": {"dark": True}}
    shown.client.document(book.path(alice)).set(profile)
    for _ in range(2):
        book.change(alice)
        deliver_one()
        shown.check(book, alice)
        assert profile.items() <= (shown.document(book.path(alice)) or {}).items()


def test_a_subject_is_shown_although_its_first_version_is_zero(shown, claim_one, clock):
    kind = f"test-{uuid.uuid4().hex}"
    path = f"{kind}-subjects/alice"
    chunk = Chunk(path, 0, "version", {"total": 0})
    register(kind, lambda _subject, _after, _limit: chunk, subjects=lambda _after, _limit: [])
    outbox.mark_stale(kind=kind, subject_id="alice")
    assert deliver(claim_one(), clock=clock) is Outcome.DELIVERED
    assert shown.document(path) == {"total": 0, "version": 0}


def test_a_projection_with_nothing_to_show_leaves_nothing_behind(book, shown, deliver_one):
    alice = book.new_subject()
    outbox.mark_stale(kind=book.kind, subject_id=alice)
    assert deliver_one() is Outcome.DELIVERED
    assert not OutboxRow.objects.exists()
    assert shown.document(book.path(alice)) is None


def test_a_backlog_goes_in_chunks_each_with_the_subject_as_of_its_last_document(shown, proxy, deliver_one):
    book = Book(chunk_documents=3)
    alice = book.new_subject()
    for amount in range(1, 9):
        book.change(alice, amount, has_entry=amount % 4 != 0)
    versions_shown = []

    def note_version() -> None:
        document = shown.document(book.path(alice))
        versions_shown.append(document["version"] if document else 0)
        if document:
            shown.check(book, alice, document["version"])

    book.before_projection = note_version
    assert deliver_one() is Outcome.DELIVERED
    assert versions_shown == [0, 4]
    assert [len(commit.writes) for commit in proxy.commits] == [4, 4]
    shown.check(book, alice, 8)
    assert MirroredDocument.objects.count() == 6


def test_a_chunk_as_large_as_they_come_is_one_commit(book, shown, proxy, deliver_one):
    alice = book.new_subject()
    for _ in range(limits.CHUNK_DOCUMENTS_MAX + 1):
        book.change(alice, marks=False)
    outbox.mark_stale(kind=book.kind, subject_id=alice)
    assert deliver_one() is Outcome.DELIVERED
    assert [len(commit.writes) for commit in proxy.commits] == [limits.CHUNK_DOCUMENTS_MAX + 1, 2]
    assert (shown.document(book.path(alice)) or {})["total"] == limits.CHUNK_DOCUMENTS_MAX + 1


def test_a_backlog_too_long_for_one_delivery_is_given_back_and_goes_on(shown, deliver_one):
    book = Book(chunk_documents=1)
    alice = book.new_subject()
    for _ in range(limits.CHUNKS_PER_DELIVERY_MAX + 2):
        book.change(alice)
    stale_since = OutboxRow.objects.get().stale_since
    assert deliver_one() is Outcome.DELIVERED
    assert OutboxRow.objects.get().stale_since == stale_since
    shown.check(book, alice, limits.CHUNKS_PER_DELIVERY_MAX)
    assert deliver_one() is Outcome.DELIVERED
    assert not OutboxRow.objects.exists()
    shown.check(book, alice)


def test_what_was_committed_but_not_noted_is_noted_and_not_written_again(
    book, shown, proxy, claim_one, clock
):
    alice = book.new_subject()
    book.change(alice)
    claimed = claim_one()
    clock.kills_at = 0  # the time is first asked for when the note is made
    with pytest.raises(Killed):
        deliver(claimed, clock=clock)
    assert not MirroredSubject.objects.exists()
    shown.check(book, alice, 1)
    clock.move(limits.LEASE_SECONDS)
    assert deliver(claim_one(), clock=clock) is Outcome.DELIVERED
    assert len(proxy.commits) == 1
    assert noted(book, alice) == 1
    assert MirroredDocument.objects.count() == 1


def test_a_chunk_that_is_there_in_part_is_completed(book, shown, proxy, claim_one, clock):
    alice = book.new_subject()
    book.change(alice)
    claimed = claim_one()
    clock.kills_at = 0
    with pytest.raises(Killed):
        deliver(claimed, clock=clock)
    book.change(alice)
    clock.move(limits.LEASE_SECONDS)
    assert deliver(claim_one(), clock=clock) is Outcome.DELIVERED
    shown.check(book, alice, 2)
    assert [len(commit.writes) for commit in proxy.commits] == [2, 2]
    assert MirroredDocument.objects.count() == 2


def test_what_firestore_lost_is_written_again_from_where_it_stands(book, shown, deliver_one):
    alice = book.new_subject()
    for _ in range(3):
        book.change(alice)
        deliver_one()
    first, second, third = book.entry_paths(alice)
    for path in (second, third):
        shown.client.document(path).delete()
    shown.client.document(book.path(alice)).update({"version": 1, "total": 1, "entries": 1})
    book.change(alice)
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice, 4)
    shown.client.document(first).delete()
    shown.client.document(book.path(alice)).delete()
    book.change(alice)
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice, 5)
    assert noted(book, alice) == 5


def test_words_and_stamps_may_differ_in_a_document_that_is_there_already(book, shown, deliver_one):
    alice = book.new_subject()
    book.change(alice)
    entry = book.entry(book.changes[alice][0])
    shown.client.document(entry.path).set(
        {**entry.fields, "description": "erased", "mirroredAt": firestore.SERVER_TIMESTAMP}
    )
    assert deliver_one() is Outcome.DELIVERED
    assert (shown.document(entry.path) or {})["description"] == "erased"
    assert (shown.document(book.path(alice)) or {})["version"] == 1


@pytest.mark.parametrize(
    "difference",
    [{"amount": 2}, {"of": {"a": [1, 0]}}, {"added": 1}, {"seq": firestore.DELETE_FIELD}],
    ids=["value", "nested", "more", "fewer"],
)
def test_another_document_in_the_place_of_ours_parks_the_subject_and_nothing_is_written(
    book, shown, deliver_one, difference
):
    alice = book.new_subject()
    book.change(alice, 1)
    book.change(alice, 1)
    entry = book.entry(book.changes[alice][0])
    shown.client.document(entry.path).set(dict(entry.fields))
    shown.client.document(entry.path).update(difference)
    stored = shown.document(entry.path)
    assert deliver_one() is Outcome.FAILED
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at is None) == ("mirror_conflict", False)
    assert shown.document(entry.path) == stored
    assert shown.document(book.path(alice)) is None
    assert shown.document(book.entry_paths(alice)[1]) is None
    assert not MirroredSubject.objects.exists()


@pytest.mark.parametrize("version", ["7", 7.0, True])
def test_a_version_that_is_no_whole_number_parks_the_subject(book, shown, deliver_one, version):
    alice = book.new_subject()
    shown.client.document(book.path(alice)).set({"version": version})
    book.change(alice)
    assert deliver_one() is Outcome.FAILED
    assert OutboxRow.objects.get().last_error == "mirror_conflict"
    assert shown.document(book.path(alice)) == {"version": version}


def test_a_version_that_firestore_is_past_already_is_never_written(book, shown, proxy, deliver_one):
    alice = book.new_subject()
    shown.client.document(book.path(alice)).set({"version": 9, "total": 99})
    book.change(alice)
    assert deliver_one() is Outcome.DELIVERED
    assert shown.document(book.path(alice)) == {"version": 9, "total": 99}
    assert proxy.commits == []


def test_a_kind_without_a_projection_is_parked(claim_one, clock):
    outbox.mark_stale(kind="nobody's", subject_id="alice")
    assert deliver(claim_one(), clock=clock) is Outcome.FAILED
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at is None) == ("projection_missing", False)


def test_a_projection_that_breaks_is_tried_again_later(book, shown, deliver_one, clock):
    alice = book.new_subject()
    book.change(alice)
    book.before_projection = lambda: 1 / 0
    assert deliver_one() is Outcome.FAILED
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at, row.attempts) == ("projection_failed", None, 1)
    book.before_projection = lambda: None
    clock.move(limits.BACK_OFF_FIRST_SECONDS)
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice)


@pytest.mark.parametrize(
    ("path", "fields"),
    [("odd", {}), ("a/b/c", {}), ("entries/x", {"id": uuid.uuid4()}), ("entries/x", {"n": 2**64})],
)
def test_what_firestore_can_never_take_is_parked_at_once(shown, claim_one, clock, path, fields):
    kind = f"test-{uuid.uuid4().hex}"
    subject_path = f"{kind}-subjects/alice"
    chunk = Chunk(subject_path, 1, "version", {}, [Document(f"{kind}-{path}", fields)])
    register(kind, lambda _subject, _after, _limit: chunk, subjects=lambda _after, _limit: [])
    outbox.mark_stale(kind=kind, subject_id="alice")
    assert deliver(claim_one(), clock=clock) is Outcome.FAILED
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at is None) == ("firestore_refused", False)
    assert shown.document(subject_path) is None


def test_a_kind_has_one_projection(book):
    register(book.kind, book.project, subjects=book.subjects_after, subjects_of=book.subjects_of)
    with pytest.raises(ValueError, match=book.kind):
        register(book.kind, book.project, subjects=lambda _after, _limit: [])
    assert projection_of(book.kind) == book.project


def test_a_late_note_of_an_older_version_changes_nothing(book, clock):
    alice = book.new_subject()
    newer, older = (Chunk("subjects/alice", version, "version", {}) for version in (5, 4))
    noted_at = clock()
    mirrored.note_delivered(kind=book.kind, subject_id=alice, chunk=newer, now=noted_at)
    mirrored.note_delivered(kind=book.kind, subject_id=alice, chunk=older, now=clock())
    assert MirroredSubject.objects.values_list("version", "delivered_at").get() == (5, noted_at)
