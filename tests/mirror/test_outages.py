"""Firestore away, slow, full, or answering to nobody: everything is shown once, in order, when it is back."""

import time

import grpc
import pytest

from mirror import limits
from mirror.kinds import Ending, Outcome
from mirror.models import MirroredSubject, OutboxRow
from mirror.services import outbox
from mirror.services.delivery import deliver
from tests.mirror.book import STAFF, Book
from tests.support.firestore_proxy import Fault
from tests.support.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
Code = grpc.StatusCode


def test_a_lost_answer_to_a_commit_applies_it_once(book, shown, proxy, deliver_one):
    alice = book.new_subject()
    book.change(alice, 250)
    proxy.plan("Commit", Fault(lose=Code.UNAVAILABLE))
    assert deliver_one() is Outcome.DELIVERED
    assert proxy.calls.count("Commit") == 2  # the SDK repeated it
    assert len(proxy.commits) == 1
    shown.check(book, alice)


def test_a_lost_answer_to_a_commit_without_documents_applies_it_once(book, shown, proxy, deliver_one):
    package = book.new_subject()
    book.change(package, has_entry=False)
    deliver_one()
    book.change(package, has_entry=False)
    proxy.plan("Commit", Fault(lose=Code.UNAVAILABLE))
    assert deliver_one() is Outcome.DELIVERED
    assert len(proxy.commits) == 2
    shown.check(book, package)


def test_a_commit_that_took_effect_after_we_gave_up_is_found_done(
    book, shown, proxy, deliver_one, monkeypatch
):
    alice = book.new_subject()
    book.change(alice)
    proxy.plan("Commit", Fault(mute=True))
    with monkeypatch.context() as short_calls:
        short_calls.setattr(limits, "CALL_SECONDS_MAX", 1.5)
        short_calls.setattr(limits, "CALL_RETRY_SECONDS_MAX", 1.0)
        assert deliver_one() is Outcome.UNAVAILABLE
    assert OutboxRow.objects.get().last_error == "firestore_timeout"
    assert not MirroredSubject.objects.exists()
    book.change(alice)
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice, 2)


def test_the_owners_own_write_between_our_read_and_our_commit_survives_it(book, shown, proxy, deliver_one):
    alice = book.new_subject()
    document = shown.client.document(book.path(alice))
    book.change(alice)
    proxy.plan("Commit", Fault(before=lambda: document.set({"name": "Alice"})))
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice, 1)
    book.change(alice)
    proxy.plan("Commit", Fault(before=lambda: document.update({"name": "Al"})))
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice, 2)
    assert (shown.document(book.path(alice)) or {})["name"] == "Al"


def test_a_document_that_its_owner_had_deleted_meanwhile_is_written_anew(book, shown, proxy, deliver_one):
    package = book.new_subject()
    book.change(package, has_entry=False)
    deliver_one()
    book.change(package, has_entry=False)
    proxy.plan("Commit", Fault(before=shown.client.document(book.path(package)).delete))
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, package)


def test_a_document_that_its_owner_made_meanwhile_is_kept_and_written_beside(book, shown, proxy, deliver_one):
    package = book.new_subject()
    document = shown.client.document(book.path(package))
    book.change(package, has_entry=False)
    proxy.plan("Commit", Fault(before=lambda: document.set({"name": "Alice"})))
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, package)
    assert (shown.document(book.path(package)) or {})["name"] == "Alice"


def test_a_subject_that_others_keep_writing_is_put_off(book, shown, proxy, deliver_one, clock):
    alice = book.new_subject()
    document = shown.client.document(book.path(alice))
    book.change(alice)
    names = iter(range(limits.INTERLEAVED_TRIES_MAX))
    interleaved = Fault(before=lambda: document.set({"name": next(names)}))
    proxy.plan("Commit", *[interleaved] * limits.INTERLEAVED_TRIES_MAX)
    assert deliver_one() is Outcome.FAILED
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at, row.attempts) == ("subject_contended", None, 1)
    assert shown.document(book.path(alice)) == {"name": limits.INTERLEAVED_TRIES_MAX - 1}
    clock.move(limits.BACK_OFF_FIRST_SECONDS)
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice)


@pytest.mark.parametrize("code", [Code.FAILED_PRECONDITION, Code.ABORTED])
def test_a_commit_that_lost_a_race_is_made_again(book, shown, proxy, deliver_one, code):
    alice = book.new_subject()
    book.change(alice)
    proxy.plan("Commit", Fault(refuse=code), Fault(refuse=code))
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice)


@pytest.mark.parametrize(
    ("method", "code", "last_error"),
    [
        ("Commit", Code.RESOURCE_EXHAUSTED, "firestore_exhausted"),
        ("BatchGetDocuments", Code.RESOURCE_EXHAUSTED, "firestore_exhausted"),
        ("Commit", Code.DEADLINE_EXCEEDED, "firestore_timeout"),
        ("Commit", Code.PERMISSION_DENIED, "firestore_denied"),
        ("BatchGetDocuments", Code.UNAUTHENTICATED, "firestore_denied"),
        ("Commit", Code.INTERNAL, "firestore_unavailable"),
        ("Commit", Code.UNKNOWN, "firestore_unavailable"),
    ],
)
def test_trouble_that_is_nobodys_fault_puts_the_row_off_and_changes_nothing(
    book, shown, proxy, deliver_one, clock, method, code, last_error
):
    alice = book.new_subject()
    book.change(alice)
    proxy.plan(method, Fault(refuse=code))
    assert deliver_one() is Outcome.UNAVAILABLE
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at, row.attempts, row.lease_token) == (last_error, None, 1, None)
    assert shown.document(book.path(alice)) is None
    clock.move(limits.BACK_OFF_FIRST_SECONDS)
    assert deliver_one() is Outcome.DELIVERED
    shown.check(book, alice)


def test_what_firestore_calls_invalid_is_parked_and_told(book, shown, proxy, deliver_one):
    alice = book.new_subject()
    book.change(alice)
    proxy.plan("Commit", Fault(refuse=Code.INVALID_ARGUMENT))
    assert deliver_one() is Outcome.FAILED
    row = OutboxRow.objects.get()
    assert (row.last_error, row.parked_at is None) == ("firestore_refused", False)
    assert shown.document(book.path(alice)) is None


def test_a_new_intent_during_a_delivery_waits_for_nobody_and_is_not_lost(
    book, shown, proxy, claim_one, clock
):
    alice = book.new_subject()
    book.change(alice)
    seconds = []

    def change_meanwhile() -> None:
        before = time.monotonic()
        in_thread(lambda: book.change(alice))
        seconds.append(time.monotonic() - before)

    proxy.plan("Commit", Fault(before=change_meanwhile))
    assert deliver(claim_one(), clock=clock) is Outcome.DELIVERED
    assert seconds[0] < limits.CALL_SECONDS_MAX / 2
    shown.check(book, alice, 1)
    assert OutboxRow.objects.get().generation == 2
    assert deliver(claim_one(), clock=clock) is Outcome.DELIVERED
    shown.check(book, alice, 2)
    assert not OutboxRow.objects.exists()


def test_with_firestore_down_changes_wait_and_are_shown_in_order_when_it_is_back(
    book, shown, tcp_proxy, run, clock
):
    alice, bob = book.new_subject(), book.new_subject()
    book.change(alice)
    assert run().ending is Ending.DRAINED
    tcp_proxy.stop()
    for _ in range(3):
        book.change(alice)
        book.change(bob)
    before = time.monotonic()
    ended = run()
    assert (ended.delivered, ended.ending) == (0, Ending.FIRESTORE_UNAVAILABLE)
    assert time.monotonic() - before < limits.CALL_SECONDS_MAX
    shown.check(book, alice, 1)
    tcp_proxy.start()
    deadline = time.monotonic() + 2 * limits.RECONNECT_SECONDS_MAX + limits.CALL_SECONDS_MAX
    while OutboxRow.objects.exists():
        assert time.monotonic() < deadline
        clock.move(limits.OUTAGE_BACK_OFF_SECONDS_MAX)
        run()
    shown.check(book, alice, 4)
    shown.check(book, bob, 3)


def test_an_outage_costs_a_run_a_few_rows_and_leaves_the_others_as_they_are(shown, proxy, run):
    book = Book()
    subjects = [book.new_subject() for _ in range(3 * limits.DELIVERY_THREADS)]
    for subject_id in subjects:
        book.change(subject_id)
    proxy.plan("BatchGetDocuments", *[Fault(refuse=Code.RESOURCE_EXHAUSTED)] * len(subjects))
    ended = run()
    assert ended.ending is Ending.FIRESTORE_UNAVAILABLE
    assert 0 < ended.failed <= 2 * limits.DELIVERY_THREADS
    assert OutboxRow.objects.filter(attempts=0).count() == len(subjects) - ended.failed
    assert not OutboxRow.objects.filter(lease_token__isnull=False).exists()


def test_a_conflict_does_not_keep_the_other_subjects_waiting(book, shown, run):
    alice, bob = book.new_subject(), book.new_subject()
    book.change(alice)
    book.change(bob)
    shown.client.document(book.entry_paths(alice)[0]).set({"amount": 99})
    ended = run()
    assert (ended.delivered, ended.failed, ended.ending) == (1, 1, Ending.DRAINED)
    shown.check(book, bob)


def test_a_parked_subject_whose_cause_was_mended_is_shown_after_staff_retry(book, shown, run, clock):
    alice = book.new_subject()
    book.change(alice)
    entry = shown.client.document(book.entry_paths(alice)[0])
    entry.set({"amount": 99})
    run()
    entry.delete()
    assert run().delivered == 0
    row = OutboxRow.objects.get()
    assert outbox.retry_parked(row_ids=[row.pk], actor=STAFF, now=clock()) == 1
    assert run().delivered == 1
    shown.check(book, alice)
