"""Many subjects told together: each is shown as if it were alone, and what goes wrong with one stays with it."""

import grpc
import pytest

from mirror import limits
from mirror.kinds import Ending
from mirror.models import Drift, MirroredDocument, MirroredSubject, OutboxRow
from mirror.services.projections import register
from tests.mirror.book import Book, Killed
from tests.support.firestore_proxy import Fault
from tests.support.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECTS = 12


@pytest.fixture
def book() -> Book:
    return Book(many=True)


@pytest.fixture
def subjects(book) -> list[str]:
    """Subjects with two changes each, of which Firestore shows nothing."""
    subjects = [book.new_subject() for _ in range(SUBJECTS)]
    for subject_id in subjects * 2:
        book.change(subject_id)
    return subjects


def test_many_subjects_are_asked_for_at_once(book, subjects, shown, run):
    assert run().delivered == SUBJECTS
    assert book.asked_together == [SUBJECTS]
    for subject_id in subjects:
        shown.check(book, subject_id)
    assert not OutboxRow.objects.exists()
    assert set(MirroredSubject.objects.values_list("subject_id", "version")) == {
        (each, 2) for each in subjects
    }
    assert MirroredDocument.objects.count() == 2 * SUBJECTS


def test_a_later_change_is_shown_after_what_was_noted(book, subjects, shown, run):
    run()
    book.change(subjects[0])
    book.asked.clear()
    assert run().delivered == 1
    assert book.asked == [(subjects[0], 2, limits.CHUNK_DOCUMENTS_MAX)]
    shown.check(book, subjects[0])


def test_what_firestore_has_lost_is_found_and_shown_again_whole(book, subjects, shown, run):
    run()
    for path in (book.path(subjects[0]), *book.entry_paths(subjects[0])):
        shown.client.document(path).delete()
    book.change(subjects[0])
    book.change(subjects[1])
    run()
    assert not OutboxRow.objects.exists()
    shown.check(book, subjects[0])
    shown.check(book, subjects[1])
    assert Drift.objects.get().subject_id == subjects[0]


def test_one_that_firestore_does_not_take_parks_alone(book, subjects, shown, run):
    shown.client.document(book.entry_paths(subjects[0])[0]).set({"somebody": "else"})
    ended = run()
    assert (ended.delivered, ended.failed) == (SUBJECTS - 1, 1)
    row = OutboxRow.objects.get()
    assert (row.subject_id, row.last_error) == (subjects[0], "mirror_conflict")
    assert row.parked_at is not None
    for subject_id in subjects[1:]:
        shown.check(book, subject_id)


def test_one_whose_projection_breaks_keeps_no_other_waiting(shown, run):
    book = Book()
    broken = book.new_subject()

    def project(subject_id, after, limit):
        assert subject_id != broken
        return book.project(subject_id, after, limit)

    book.kind += "-many"
    register(
        book.kind,
        project,
        subjects=book.subjects_after,
        projections=lambda after, limit: {
            each: project(each, version, limit) for each, version in after.items()
        },
    )
    fine = book.new_subject()
    book.change(broken)
    book.change(fine)
    ended = run()
    assert (ended.delivered, ended.failed) == (1, 1)
    assert OutboxRow.objects.get().last_error == "projection_failed"
    shown.check(book, fine)


def test_a_change_during_the_delivery_is_shown_by_the_same_run(book, subjects, shown, proxy, run):
    proxy.plan("Commit", Fault(before=lambda: in_thread(lambda: [book.change(each) for each in subjects])))
    run()
    assert not OutboxRow.objects.exists()
    for subject_id in subjects:
        shown.check(book, subject_id, 3)


def test_a_worker_that_dies_before_it_noted_anything_leaves_all_to_the_next(
    book, subjects, shown, clock, run
):
    clock.kills_at = 2  # the run began, and claimed; the next to ask has just been answered by Firestore
    with pytest.raises(Killed):
        run()
    assert not MirroredSubject.objects.exists()
    clock.move(limits.LEASE_SECONDS)
    run()
    assert not OutboxRow.objects.exists()
    for subject_id in subjects:
        shown.check(book, subject_id)


def test_an_outage_leaves_what_was_not_begun_as_it_was(book, subjects, shown, proxy, clock, run):
    proxy.plan("Commit", *[Fault(refuse=grpc.StatusCode.RESOURCE_EXHAUSTED)] * SUBJECTS)
    assert run().ending is Ending.FIRESTORE_UNAVAILABLE
    assert OutboxRow.objects.filter(leased_until__isnull=False).count() == 0
    assert OutboxRow.objects.count() == SUBJECTS
    proxy.forget_plans()
    clock.move(limits.BACK_OFF_FIRST_SECONDS)
    run()
    assert not OutboxRow.objects.exists()
    for subject_id in subjects:
        shown.check(book, subject_id)


def test_a_backlog_longer_than_a_chunk_is_left_to_one_delivery(shown, run):
    book = Book(many=True, chunk_documents=2)
    alice = book.new_subject()
    for _ in range(5):
        book.change(alice)
    assert run().delivered == 1
    shown.check(book, alice)
