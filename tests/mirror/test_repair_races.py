"""Repairs in parts, beside changes, beside the owner's writes, and with answers lost."""

import grpc
import pytest

from mirror import limits
from mirror.kinds import Outcome
from mirror.models import Drift, OutboxRow
from mirror.services import dispatch, outbox
from mirror.services.delivery import deliver
from tests.mirror.book import CHANGES, Book
from tests.support.firestore_proxy import Fault
from tests.support.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Book:
    return Book(chunk_documents=2)  # three chunks


def test_a_repair_too_long_for_one_delivery_goes_on_where_it_left_off(
    book, shown, alice, claim_one, clock, monkeypatch
):
    monkeypatch.setattr(limits, "CHUNKS_PER_DELIVERY_MAX", 1)
    monkeypatch.setattr(limits, "SURPLUS_PAGE_DOCUMENTS", 3)
    shown.client.document(book.entry_path("invented")).set({"subject": alice})
    for path in book.entry_paths(alice):
        shown.client.document(path).delete()
    outbox.request_repair(kind=book.kind, subject_id=alice, now=clock())
    places: list[tuple[int, str]] = []
    is_done = False
    while not is_done:
        monkeypatch.setattr(limits, "CHUNKS_PER_DELIVERY_MAX", 2 if len(places) > 2 else 1)
        assert deliver(claim_one(), clock=clock) is Outcome.DELIVERED
        row = OutboxRow.objects.first()
        if row:
            places.append((row.repaired_to_version, row.repaired_to_path.rpartition("/")[2]))
        is_done = row is None
        assert len(places) < 20
    versions = [place[0] for place in places]
    assert versions == sorted(versions)
    assert versions[:3] == [2, 4, 4]
    assert len({place[1] for place in places}) > 1  # pages, too
    shown.check(book, alice)
    assert shown.document(book.entry_path("invented")) is None
    drift = Drift.objects.get()
    assert (drift.missing, drift.surplus) == (CHANGES, 1)
    assert drift.repaired_at is not None


def test_a_repair_asked_for_during_a_repair_is_made_from_the_start(book, shown, alice, claim_one, clock, run):
    outbox.request_repair(kind=book.kind, subject_id=alice, now=clock())
    claimed = claim_one()
    outbox.request_repair(kind=book.kind, subject_id=alice, now=clock())
    outbox.note_repaired_to(claimed, version=4)
    assert deliver(claimed, clock=clock) is Outcome.DELIVERED
    row = OutboxRow.objects.get()
    assert (row.repair_generation, row.repaired_to_version, row.leased_until) == (2, 0, None)
    run()
    assert not OutboxRow.objects.exists()


def test_an_intent_during_a_repair_is_delivered_after_it_and_the_repair_is_over(
    book, shown, alice, claim_one, clock
):
    outbox.request_repair(kind=book.kind, subject_id=alice, now=clock())
    claimed = claim_one()
    book.change(alice)
    deliver(claimed, clock=clock)
    row = OutboxRow.objects.get()
    assert (row.repair_generation, row.generation) == (None, 2)
    deliver(claim_one(), clock=clock)
    shown.check(book, alice)


def test_a_change_between_the_two_readings_is_delivered_and_no_drift(book, shown, alice, proxy, repair):
    proxy.plan(
        "BatchGetDocuments", *[Fault()] * 5, Fault(before=lambda: in_thread(lambda: book.change(alice)))
    )
    repair(alice)
    shown.check(book, alice, CHANGES + 1)
    assert not Drift.objects.exists()


def test_the_owner_who_writes_meanwhile_is_not_overwritten(book, shown, alice, proxy, repair):
    document = shown.client.document(book.path(alice))
    document.update({"total": 1_000_000})
    proxy.plan("Commit", Fault(before=lambda: document.update({"name": "Alice"})))
    repair(alice)
    shown.check(book, alice)
    assert (shown.document(book.path(alice)) or {})["name"] == "Alice"


def test_what_a_customer_waits_for_is_claimed_before_repairs_that_were_asked_for_earlier(book, clock):
    for _ in range(20):
        outbox.request_repair(kind=book.kind, subject_id=book.new_subject(), now=clock())
    bob = book.new_subject()
    book.change(bob)
    (first,) = outbox.claim(limit=1, now=clock())
    assert (first.subject_id, first.repairs) == (bob, False)
    assert all(claimed.repairs for claimed in outbox.claim(limit=20, now=clock()))


def test_a_lost_answer_to_a_repair_repairs_once(book, shown, alice, proxy, clock):
    shown.client.document(book.entry_paths(alice)[0]).delete()
    proxy.plan("Commit", *[Fault(lose=grpc.StatusCode.DEADLINE_EXCEEDED)] * 2)
    outbox.request_repair(kind=book.kind, subject_id=alice, now=clock())
    while OutboxRow.objects.exists():
        clock.move(limits.BACK_OFF_SECONDS_MAX)
        dispatch.deliver_due(clock=clock)
    shown.check(book, alice)
    drift = Drift.objects.get()
    assert (drift.missing, drift.repaired_at is not None) == (1, True)


def test_drift_that_was_noted_and_not_mended_stays_open_until_it_is(book, shown, alice, proxy, clock):
    shown.client.document(book.entry_paths(alice)[0]).delete()
    proxy.plan("Commit", *[Fault(refuse=grpc.StatusCode.RESOURCE_EXHAUSTED)] * 9)
    outbox.request_repair(kind=book.kind, subject_id=alice, now=clock())
    dispatch.deliver_due(clock=clock)
    assert Drift.objects.get().repaired_at is None
    proxy.forget_plans()
    clock.move(limits.BACK_OFF_SECONDS_MAX)
    dispatch.deliver_due(clock=clock)
    assert Drift.objects.get().repaired_at is not None
    shown.check(book, alice)
    assert str(Drift.objects.get()) == f"{book.kind} {alice}"
