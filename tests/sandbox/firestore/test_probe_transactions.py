"""Transactions: the emulator and the stand-in both lose no update and apply all or nothing."""

import threading

import pytest
from google.api_core import exceptions, retry
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.sandbox.firestore.conftest import BOUNDED


def read(reference):
    return reference.get(**BOUNDED).to_dict()


def test_a_transaction_reads_then_writes(db):
    reference = db.document("things/a")
    reference.set({"n": 1}, **BOUNDED)

    @firestore.transactional
    def add(transaction):
        n = reference.get(transaction=transaction).get("n")
        transaction.update(reference, {"n": n + 1})
        return n

    assert add(db.transaction()) == 1
    assert read(reference) == {"n": 2}


def test_a_transaction_runs_queries(db):
    for number in range(4):
        db.document(f"things/{number}").set({"group": number % 2}, **BOUNDED)
    query = db.collection("things").where(filter=FieldFilter("group", "==", 1))

    @firestore.transactional
    def count(transaction):
        return len(list(query.stream(transaction=transaction)))

    assert count(db.transaction()) == 2


def test_a_transaction_reads_several_documents_at_once(db):
    references = [db.document("things/a"), db.document("things/b")]
    references[0].set({"n": 1}, **BOUNDED)

    @firestore.transactional
    def look(transaction):
        found = db.get_all(references, transaction=transaction)
        return {snapshot.id: snapshot.exists for snapshot in found}

    assert look(db.transaction()) == {"a": True, "b": False}


def test_an_exception_inside_rolls_back(db):
    reference = db.document("things/a")
    reference.set({"n": 1}, **BOUNDED)

    @firestore.transactional
    def fail(transaction):
        reference.get(transaction=transaction)
        transaction.update(reference, {"n": 99})
        raise LookupError

    with pytest.raises(LookupError):
        fail(db.transaction())
    assert read(reference) == {"n": 1}


def test_no_update_is_lost_when_another_writes_in_between(db):
    """Either the other waits for the transaction, or the transaction is refused."""
    reference = db.document("things/a")
    reference.set({"n": 1}, **BOUNDED)
    transaction = db.transaction(max_attempts=1)
    transaction._begin()
    n = reference.get(transaction=transaction).get("n")
    other = threading.Thread(target=lambda: reference.update({"other": 100}, timeout=60))
    other.start()
    other.join(0.5)
    transaction.update(reference, {"n": n + 1, "other": firestore.DELETE_FIELD})
    is_refused = False
    try:
        transaction._commit()
    except exceptions.Aborted:
        is_refused = True
    other.join()
    assert read(reference) == ({"n": 1, "other": 100} if is_refused else {"n": 2, "other": 100})


def test_a_document_that_appeared_since_it_was_missed_is_not_overwritten(connect):
    """Either the other waits for the transaction, or the transaction is refused."""
    reference = connect().document("things/a")
    transaction = connect().transaction(max_attempts=1)
    transaction._begin()
    assert not reference.get(transaction=transaction).exists
    other = threading.Thread(target=lambda: connect().document("things/a").set({"n": 1}, timeout=60))
    other.start()
    other.join(0.5)
    has_waited = other.is_alive()
    transaction.set(reference, {"n": 2})
    try:
        transaction._commit()
    except exceptions.Aborted:
        assert not has_waited
    else:
        assert has_waited
    other.join()
    assert read(reference) == {"n": 1}


def test_transactions_in_contention_count_exactly(connect):
    reference = connect().document("things/counter")
    reference.set({"n": 0}, **BOUNDED)

    def add():
        client = connect()
        ours = client.document("things/counter")

        # The client repeats at once: two of them on a quiet machine meet again each time, until both give up.
        may_repeat = retry.if_exception_type(ValueError, exceptions.Aborted)
        again = retry.Retry(predicate=may_repeat, initial=0.1, maximum=1.0, timeout=60)

        @again
        def add_one():
            once(client.transaction(max_attempts=1))

        @firestore.transactional
        def once(transaction):
            n = ours.get(transaction=transaction).get("n")
            transaction.update(ours, {"n": n + 1})

        for _ in range(2):
            add_one()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(reference) == {"n": 4}


def test_an_ended_transaction_cannot_be_used_again(db):
    reference = db.document("things/a")
    transaction = db.transaction(max_attempts=1)
    transaction._begin()
    key = transaction.id
    transaction._rollback()
    transaction._id = key
    with pytest.raises(exceptions.InvalidArgument):
        next(iter(db.get_all([reference], transaction=transaction, timeout=10, retry=None)))


def test_a_read_only_transaction_writes_nothing(db):
    reference = db.document("things/a")
    reference.set({"n": 1}, **BOUNDED)
    transaction = db.transaction(read_only=True)
    transaction._begin()
    assert reference.get(transaction=transaction).get("n") == 1
    with pytest.raises(ValueError, match="read-only"):
        transaction.update(reference, {"n": 2})
    transaction._rollback()
    assert read(reference) == {"n": 1}
