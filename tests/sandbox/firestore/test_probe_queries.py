"""Queries, lists and aggregations: the emulator and the stand-in give the same answers."""

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import And, FieldFilter, Or
from google.cloud.firestore_v1.field_path import FieldPath

from tests.sandbox.firestore.conftest import BOUNDED


@pytest.fixture
def numbers(db):
    """Twelve documents d00 to d11 with their number, a letter and some tags."""
    batch = db.batch()
    for n in range(12):
        fields = {"letter": "a" if n % 2 else "b", "n": n, "tags": [n % 3, n % 4]}
        batch.set(db.document(f"numbers/d{n:02d}"), fields)
    batch.commit(**BOUNDED)
    return db.collection("numbers")


def found(query):
    return [snapshot.get("n") for snapshot in query.stream(**BOUNDED)]


def test_filters_order_and_limit_then_the_next_page(numbers):
    query = (
        numbers.where(filter=FieldFilter("letter", "==", "a"))
        .where(filter=FieldFilter("n", ">=", 3))
        .order_by("n", direction=firestore.Query.DESCENDING)
        .limit(2)
    )
    page = list(query.stream(**BOUNDED))
    assert [snapshot.get("n") for snapshot in page] == [11, 9]
    assert found(query.start_after(page[-1])) == [7, 5]


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        (lambda query: query.start_after({"n": 9}), [10, 11]),
        (lambda query: query.start_at({"n": 10}), [10, 11]),
        (lambda query: query.end_before({"n": 2}), [0, 1]),
        (lambda query: query.end_at({"n": 1}), [0, 1]),
        (lambda query: query.offset(10), [10, 11]),
    ],
)
def test_cursors(numbers, cursor, expected):
    assert found(cursor(numbers.order_by("n"))) == expected


def test_limit_to_last(numbers):
    snapshots = numbers.order_by("n").limit_to_last(2).get(**BOUNDED)
    assert [snapshot.get("n") for snapshot in snapshots] == [10, 11]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (FieldFilter("n", "in", [1, 2]), [1, 2]),
        (FieldFilter("n", "not-in", list(range(10))), [10, 11]),
        (FieldFilter("n", "!=", 0), list(range(1, 12))),
        (FieldFilter("n", "<", 1), [0]),
        (FieldFilter("n", "<=", 1), [0, 1]),
        (FieldFilter("n", ">", 10), [11]),
        (FieldFilter("n", "==", 5.0), [5]),
        (FieldFilter("n", "<", "text"), []),
        (FieldFilter("tags", "array_contains", 3), [3, 7, 11]),
        (FieldFilter("tags", "array_contains_any", [3]), [3, 7, 11]),
        (FieldFilter("absent", "==", None), []),
        (Or([FieldFilter("n", "==", 1), FieldFilter("n", "==", 5)]), [1, 5]),
        (And([FieldFilter("letter", "==", "a"), FieldFilter("n", "<", 3)]), [1]),
    ],
)
def test_filters(numbers, condition, expected):
    assert sorted(found(numbers.where(filter=condition))) == expected


def test_order_over_types_and_missing_fields(db):
    values = {"a": True, "b": None, "c": "text", "d": 2, "e": 1.5, "f": b"x", "g": [1], "h": {"m": 1}}
    for name, value in values.items():
        db.document(f"things/{name}").set({"v": value}, **BOUNDED)
    db.document("things/absent").set({"other": 1}, **BOUNDED)
    ordered = [snapshot.id for snapshot in db.collection("things").order_by("v").stream(**BOUNDED)]
    assert ordered == ["b", "a", "e", "d", "c", "f", "g", "h"]


def test_without_an_order_documents_come_by_name(db):
    for name in ("b", "a", "B", "10", "9"):
        db.document(f"things/{name}").set({}, **BOUNDED)
    names = [snapshot.id for snapshot in db.collection("things").stream(**BOUNDED)]
    assert names == ["10", "9", "B", "a", "b"]


def test_a_query_by_name(numbers, db):
    query = numbers.where(filter=FieldFilter(FieldPath.document_id(), "==", db.document("numbers/d03")))
    assert found(query) == [3]


def test_two_orders(numbers):
    query = numbers.order_by("letter").order_by("n", direction=firestore.Query.DESCENDING)
    assert found(query) == [11, 9, 7, 5, 3, 1, 10, 8, 6, 4, 2, 0]


def test_a_query_of_named_fields_gives_only_those(numbers):
    snapshot = next(iter(numbers.select(["n"]).limit(1).stream(**BOUNDED)))
    assert snapshot.to_dict() == {"n": 0}


def test_a_read_of_named_fields_gives_only_those(numbers, db):
    snapshot = db.document("numbers/d01").get(["letter"], **BOUNDED)
    assert snapshot.to_dict() == {"letter": "a"}


def test_a_query_over_all_collections_of_a_name(db):
    db.document("users/alice/ledger/one").set({"n": 1}, **BOUNDED)
    db.document("users/bob/ledger/two").set({"n": 2}, **BOUNDED)
    db.document("users/bob/other/three").set({"n": 3}, **BOUNDED)
    assert sorted(found(db.collection_group("ledger"))) == [1, 2]


def test_count_sum_and_average(numbers):
    count = numbers.count(alias="count").get(**BOUNDED)[0][0].value
    total = numbers.sum("n", alias="total").get(**BOUNDED)[0][0].value
    mean = numbers.avg("n", alias="mean").get(**BOUNDED)[0][0].value
    assert (count, total, mean) == (12, 66, 5.5)


def test_aggregations_of_nothing(db):
    nothing = db.collection("nothing")
    assert nothing.count().get(**BOUNDED)[0][0].value == 0
    assert nothing.sum("n").get(**BOUNDED)[0][0].value == 0
    assert not nothing.avg("n").get(**BOUNDED)[0][0].value


def test_several_documents_at_once_with_the_missing_told(db):
    db.document("things/a").set({}, **BOUNDED)
    references = [db.document("things/a"), db.document("things/none")]
    snapshots = db.get_all(references, **BOUNDED)
    assert {snapshot.id: snapshot.exists for snapshot in snapshots} == {"a": True, "none": False}


def test_the_root_lists_its_collections(db):
    db.document("things/a").set({}, **BOUNDED)
    db.document("users/alice/ledger/one").set({}, **BOUNDED)
    assert sorted(collection.id for collection in db.collections(**BOUNDED)) == ["things", "users"]


def test_a_document_lists_its_collections(db):
    db.document("users/alice/ledger/one").set({}, **BOUNDED)
    assert [collection.id for collection in db.document("users/alice").collections(**BOUNDED)] == ["ledger"]


def test_a_collection_lists_documents_that_only_have_children(db):
    db.document("users/alice/ledger/one").set({}, **BOUNDED)
    db.document("users/bob").set({}, **BOUNDED)
    assert sorted(found.id for found in db.collection("users").list_documents(**BOUNDED)) == ["alice", "bob"]
    assert [snapshot.id for snapshot in db.collection("users").stream(**BOUNDED)] == ["bob"]


def test_lists_come_in_pages(numbers):
    assert len(list(numbers.list_documents(page_size=5, **BOUNDED))) == 12
