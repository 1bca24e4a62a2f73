"""Many workers at once: one subject is never shown twice, out of order, or as it never was."""

import threading
import uuid

import pytest
from google.cloud.firestore_v1 import types

from mirror import limits
from mirror.kinds import Claim, Ending
from mirror.models import OutboxRow
from mirror.services import dispatch
from mirror.services.delivery import deliver
from tests.mirror.book import Book, Killed
from tests.support.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


def versions_committed(proxy, path: str) -> list[int]:
    """The versions of a subject in the order in which Firestore took them."""
    took = []
    for commit in sorted(proxy.commits, key=lambda each: each.nanos):
        for write in commit.writes:
            document = types.Write.pb(write).update
            if document.name.endswith(f"/{path}"):
                took.append(document.fields["version"].integer_value)
    return took


def test_eight_deliverers_of_one_subject_never_go_backwards(shown, proxy, clock):
    """As if every lease had run out at once: all of them deliver the same subject at the same time."""
    book = Book(chunk_documents=2)
    alice = book.new_subject()
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            overtaken = Claim(0, book.kind, alice, 1, uuid.uuid4(), clock())
            deliver(overtaken, clock=clock)

    def change() -> None:
        try:
            for _ in range(40):
                book.change(alice)
                book.change(alice, has_entry=False, marks=False)
        finally:
            is_over.set()

    in_threads([change, *[work] * WORKERS])
    dispatch.deliver_due(clock=clock)
    shown.check(book, alice, 80)
    versions = versions_committed(proxy, book.path(alice))
    assert versions == sorted(set(versions))
    assert versions[-1] == 80


def test_eight_workers_share_many_subjects_and_lose_none(shown, proxy, clock):
    book = Book()
    subjects = [book.new_subject() for _ in range(24)]

    def change() -> None:
        for subject_id in subjects:
            book.change(subject_id)

    def work() -> None:
        dispatch.deliver_due(clock=clock)

    in_threads([change, work, change, work, change, work, work, work])
    dispatch.deliver_due(clock=clock)
    assert not OutboxRow.objects.exists()
    for subject_id in subjects:
        shown.check(book, subject_id, 3)
        versions = versions_committed(proxy, book.path(subject_id))
        assert versions == sorted(set(versions))


def test_a_run_delivers_several_subjects_at_once(shown, clock):
    book = Book()
    all_at_once = threading.Barrier(limits.DELIVERY_THREADS)
    book.before_projection = lambda: all_at_once.wait(timeout=30)
    for _ in range(limits.DELIVERY_THREADS):
        book.change(book.new_subject())
    assert dispatch.deliver_due(clock=clock).delivered == limits.DELIVERY_THREADS


def test_a_subject_that_falls_due_while_a_slow_one_is_delivered_does_not_wait_for_it(shown, clock):
    book = Book()
    slow, quick = book.new_subject(), book.new_subject()
    has_quick_come = threading.Event()

    def hold_the_slow_one() -> None:
        if len(book.changes[quick]) == 0:
            book.change(quick)
            assert has_quick_come.wait(timeout=30)
        else:
            has_quick_come.set()

    book.before_projection = hold_the_slow_one
    book.change(slow)
    assert dispatch.deliver_due(clock=clock).delivered == 2


def test_a_run_ends_when_its_time_is_spent_and_leaves_the_rest_due(shown, clock):
    book = Book()
    for _ in range(2 * limits.DELIVERY_THREADS):
        book.change(book.new_subject())
    book.before_projection = lambda: clock.move(limits.RUN_SECONDS_MAX)
    ended = dispatch.deliver_due(clock=clock)
    assert ended.ending is Ending.BUDGET_SPENT
    assert OutboxRow.objects.count() == 2 * limits.DELIVERY_THREADS - ended.delivered > 0
    book.before_projection = lambda: None
    clock.move(limits.LEASE_SECONDS)
    assert dispatch.deliver_due(clock=clock).ending is Ending.DRAINED
    assert not OutboxRow.objects.exists()


def test_a_run_whose_worker_dies_leaves_its_rows_to_the_next(shown, clock):
    book = Book()
    alice = book.new_subject()
    book.change(alice)

    def die() -> None:
        raise Killed

    book.before_projection = die
    with pytest.raises(Killed):
        dispatch.deliver_due(clock=clock)
    book.before_projection = lambda: None
    assert dispatch.deliver_due(clock=clock).delivered == 0  # leased
    clock.move(limits.LEASE_SECONDS)
    assert dispatch.deliver_due(clock=clock).delivered == 1
    shown.check(book, alice)
