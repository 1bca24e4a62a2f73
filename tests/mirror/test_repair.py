"""A repair compares all that Firestore shows of a subject, and mends what differs, whatever it is."""

import pytest
from google.cloud import firestore

from mirror import limits
from mirror.kinds import Outcome
from mirror.models import Drift, OutboxRow
from mirror.services.delivery import deliver
from tests.mirror.book import CHANGES, Book
from tests.support.firestore_proxy import Fault

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Book:
    return Book(chunk_documents=2)  # three chunks


def test_what_is_as_it_should_be_is_found_so_and_not_written(book, shown, alice, repair, proxy):
    assert repair(alice) is None
    assert proxy.commits == []
    shown.check(book, alice)


def test_a_subject_that_has_nothing_to_show_is_left_alone(book, shown, repair):
    assert repair(book.new_subject()) is None


def test_everything_gone_is_shown_again_in_order_each_state_with_what_led_to_it(
    book, shown, alice, repair, proxy
):
    for path in [book.path(alice), *book.entry_paths(alice)]:
        shown.client.document(path).delete()
    assert repair(alice) == (CHANGES + 1, 0, 0)
    shown.check(book, alice)
    assert [len(commit.writes) for commit in proxy.commits] == [3, 3, 2]


def test_a_lost_subject_is_written_again_beside_the_documents_that_are_there(book, shown, alice, repair):
    shown.client.document(book.path(alice)).delete()
    assert repair(alice) == (1, 0, 0)
    shown.check(book, alice)


def test_a_subject_set_back_by_hand_is_brought_up_again(book, shown, alice, repair):
    shown.client.document(book.path(alice)).update({"version": 3, "total": 6, "entries": 3})
    assert repair(alice) == (0, 1, 0)
    shown.check(book, alice)


@pytest.mark.parametrize("version", [99, "5", 5.5, None, firestore.DELETE_FIELD])
def test_a_version_that_nobody_but_us_may_write_is_put_right(book, shown, alice, repair, version):
    shown.client.document(book.path(alice)).update({"version": version, "total": 1_000_000})
    missing, differing, surplus = repair(alice)
    assert missing + differing == 1
    assert surplus == 0
    shown.check(book, alice)


def test_a_wrong_field_at_the_right_version_is_put_right_and_the_owners_fields_stay(
    book, shown, alice, repair
):
    shown.client.document(book.path(alice)).update({"total": 1_000_000, "name": "Alice", "a b": {"c": 1}})
    assert repair(alice) == (0, 1, 0)
    shown.check(book, alice)
    assert {"name": "Alice", "a b": {"c": 1}}.items() <= (shown.document(book.path(alice)) or {}).items()


@pytest.mark.parametrize("number", range(CHANGES))
def test_a_missing_document_is_written_again(book, shown, alice, repair, number):
    shown.client.document(book.entry_paths(alice)[number]).delete()
    assert repair(alice) == (1, 0, 0)
    shown.check(book, alice)
    assert Drift.objects.get().example_path == book.entry_paths(alice)[number]


@pytest.mark.parametrize("number", range(CHANGES))
@pytest.mark.parametrize(
    "difference",
    [{"amount": 7_000}, {"of": {"a": []}}, {"more of.it": 1}, {"seq": firestore.DELETE_FIELD}],
    ids=["value", "nested", "more", "fewer"],
)
def test_a_document_that_says_something_else_is_replaced(book, shown, alice, repair, number, difference):
    path = book.entry_paths(alice)[number]
    shown.client.document(path).update(
        {f"`{name}`" if " " in name else name: value for name, value in difference.items()}
    )
    assert repair(alice) == (0, 1, 0)
    shown.check(book, alice)


def test_words_that_were_erased_are_no_drift(book, shown, alice, repair):
    path = book.entry_paths(alice)[0]
    shown.client.document(path).update({"description": "", "mirroredAt": None})
    assert repair(alice) is None
    assert (shown.document(path) or {})["description"] == ""


def test_documents_that_nothing_tells_are_deleted_page_by_page(book, shown, alice, repair, monkeypatch):
    monkeypatch.setattr(limits, "SURPLUS_PAGE_DOCUMENTS", 2)
    invented = [book.entry_path(f"invented-{number}") for number in range(3)]
    for path in invented:
        shown.client.document(path).set({"subject": alice, "amount": 1_000_000})
    assert repair(alice) == (0, 0, 3)
    assert [shown.document(path) for path in invented] == [None, None, None]
    shown.check(book, alice)


def test_a_document_of_bobs_that_names_alice_is_bobs_again(book, shown, alice, repair, run):
    bob = book.new_subject()
    book.change(bob)
    run()
    (path,) = book.entry_paths(bob)
    shown.client.document(path).update({"subject": alice})
    assert repair(alice) is None
    shown.check(book, bob)
    drift = Drift.objects.get()
    assert (drift.subject_id, drift.differing, drift.example_path) == (bob, 1, path)


def test_a_change_without_a_document_that_is_gone_is_shown_again(book, shown, repair, run):
    bob = book.new_subject()
    book.change(bob, has_entry=False)
    run()
    shown.client.document(book.path(bob)).delete()
    assert repair(bob) == (1, 0, 0)
    shown.check(book, bob)


def test_what_is_lost_while_it_is_repaired_is_begun_again(book, shown, alice, proxy, repair):
    document = shown.client.document(book.path(alice))
    for path in book.entry_paths(alice):
        shown.client.document(path).delete()
    document.delete()
    # Of each chunk the subject is read, the documents, and the subject before the commit.
    proxy.plan("BatchGetDocuments", *[Fault()] * 5, Fault(before=document.delete))
    repair(alice)
    shown.check(book, alice)


def test_what_waits_is_delivered_by_the_repair_and_is_no_drift(book, shown, alice, repair):
    book.change(alice)
    book.change(alice, has_entry=False)
    assert repair(alice) is None
    shown.check(book, alice, CHANGES + 2)


def test_a_document_lost_while_a_change_waits_is_drift_all_the_same(book, shown, alice, repair):
    lost = book.entry_paths(alice)[-1]
    shown.client.document(lost).delete()
    book.change(alice)  # in the same chunk as the lost one
    assert repair(alice) == (1, 0, 0)
    shown.check(book, alice)


def test_a_differing_document_that_parked_its_subject_is_replaced(book, shown, claim_one, clock, repair):
    bob = book.new_subject()
    book.change(bob)
    (path,) = book.entry_paths(bob)
    shown.client.document(path).set({"amount": 1_000_000})
    assert deliver(claim_one(), clock=clock) is Outcome.FAILED
    assert OutboxRow.objects.get().parked_at
    assert repair(bob) == (0, 1, 0)
    shown.check(book, bob)


def test_a_delivery_that_finds_firestore_behind_has_everything_compared(book, shown, alice, run):
    for path in [book.path(alice), *book.entry_paths(alice)[:2]]:
        shown.client.document(path).delete()
    book.change(alice)
    run()
    shown.check(book, alice)
    assert Drift.objects.get().repaired_at is not None
    assert not OutboxRow.objects.exists()
