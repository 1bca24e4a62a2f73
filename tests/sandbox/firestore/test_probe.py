"""What our code relies on when it writes to Firestore: the emulator and the stand-in agree."""

import datetime as dt
import threading

import pytest
from google.api_core import exceptions
from google.cloud import firestore

from tests.sandbox.firestore.conftest import BOUNDED


def read(reference):
    return reference.get(**BOUNDED).to_dict()


def test_what_was_set_is_read_with_its_times(db):
    reference = db.document("things/a")
    reference.set({"n": 1, "s": "x", "m": {"k": [1, 2]}, "none": None, "yes": True, "b": b"\0"}, **BOUNDED)
    snapshot = reference.get(**BOUNDED)
    assert snapshot.to_dict() == {
        "n": 1,
        "s": "x",
        "m": {"k": [1, 2]},
        "none": None,
        "yes": True,
        "b": b"\0",
    }
    assert snapshot.create_time == snapshot.update_time


def test_a_missing_document_does_not_exist(db):
    assert not db.document("things/none").get(**BOUNDED).exists


def test_set_replaces_the_whole_document(db):
    reference = db.document("things/a")
    reference.set({"old": 1}, **BOUNDED)
    reference.set({"new": 1}, **BOUNDED)
    assert read(reference) == {"new": 1}


def test_a_second_write_keeps_the_creation_time_and_moves_the_update_time(db):
    reference = db.document("things/a")
    first = reference.set({"n": 1}, **BOUNDED)
    second = reference.update({"n": 2}, **BOUNDED)
    snapshot = reference.get(**BOUNDED)
    assert first.update_time < second.update_time == snapshot.update_time
    assert snapshot.create_time == first.update_time


def test_create_refuses_a_document_that_exists(db):
    reference = db.document("things/a")
    reference.create({"n": 1}, **BOUNDED)
    with pytest.raises(exceptions.AlreadyExists):
        reference.create({"n": 2}, **BOUNDED)
    assert read(reference) == {"n": 1}


def test_update_refuses_a_document_that_does_not_exist(db):
    reference = db.document("things/none")
    with pytest.raises(exceptions.NotFound):
        reference.update({"n": 1}, **BOUNDED)
    assert not reference.get(**BOUNDED).exists


def test_merge_keeps_what_it_does_not_name(db):
    reference = db.document("things/a")
    reference.set({"a": {"x": 1, "y": 2}, "b": 1}, **BOUNDED)
    reference.set({"a": {"x": 9}}, merge=True, **BOUNDED)
    assert read(reference) == {"a": {"x": 9, "y": 2}, "b": 1}


def test_merge_of_named_fields_takes_only_those(db):
    reference = db.document("things/a")
    reference.set({"a": 1, "b": 1}, **BOUNDED)
    reference.set({"a": 2, "c": 2}, merge=["a", "c"], **BOUNDED)
    assert read(reference) == {"a": 2, "b": 1, "c": 2}


def test_dotted_paths_reach_into_maps_and_delete(db):
    reference = db.document("things/a")
    reference.set({"a": {"x": 1, "y": 2}, "b": 1}, **BOUNDED)
    reference.update({"a.x": 5, "b": firestore.DELETE_FIELD, "c.new": 1}, **BOUNDED)
    assert read(reference) == {"a": {"x": 5, "y": 2}, "c": {"new": 1}}


def test_names_with_dots_are_quoted(db):
    reference = db.document("things/a")
    reference.set({"a.b": 1, "a": {"b": 2}}, **BOUNDED)
    reference.update({"`a.b`": 3}, **BOUNDED)
    assert read(reference) == {"a.b": 3, "a": {"b": 2}}


def test_increments_add_up(db):
    reference = db.document("things/a")
    reference.set({"n": 10}, **BOUNDED)
    reference.update({"n": firestore.Increment(5)}, **BOUNDED)
    reference.set({"n": firestore.Increment(-3), "new": firestore.Increment(7)}, merge=True, **BOUNDED)
    assert read(reference) == {"n": 12, "new": 7}


def test_integers_are_exact_beyond_what_a_double_holds(db):
    reference = db.document("things/a")
    big = 2**60 + 1
    reference.set({"n": big}, **BOUNDED)
    reference.update({"n": firestore.Increment(1)}, **BOUNDED)
    assert read(reference) == {"n": big + 1}


def test_an_increment_stays_within_64_bits(db):
    reference = db.document("things/a")
    reference.set({"n": 2**63 - 2}, **BOUNDED)
    reference.update({"n": firestore.Increment(10)}, **BOUNDED)
    assert read(reference) == {"n": 2**63 - 1}


def test_maximum_and_minimum_keep_the_extreme(db):
    reference = db.document("things/a")
    reference.set({"high": 5, "low": 5}, **BOUNDED)
    reference.update({"high": firestore.Maximum(9), "low": firestore.Minimum(9)}, **BOUNDED)
    reference.update({"high": firestore.Maximum(3), "low": firestore.Minimum(3)}, **BOUNDED)
    assert read(reference) == {"high": 9, "low": 3}


def test_the_servers_time_is_one_for_the_whole_commit(db):
    one, other = db.document("things/a"), db.document("things/b")
    batch = db.batch()
    batch.set(one, {"at": firestore.SERVER_TIMESTAMP})
    batch.set(other, {"at": firestore.SERVER_TIMESTAMP})
    batch.commit(**BOUNDED)
    at = read(one)["at"]
    assert at == read(other)["at"]
    assert abs(at - dt.datetime.now(tz=dt.UTC)) < dt.timedelta(minutes=1)


def test_timestamps_keep_microseconds(db):
    reference = db.document("things/a")
    moment = dt.datetime(2026, 2, 3, 4, 5, 6, 123456, tzinfo=dt.UTC)
    reference.set({"at": moment}, **BOUNDED)
    assert read(reference) == {"at": moment}


def test_array_union_and_remove(db):
    reference = db.document("things/a")
    reference.set({"l": [1, 2]}, **BOUNDED)
    reference.update({"l": firestore.ArrayUnion([2, 3])}, **BOUNDED)
    reference.update({"l": firestore.ArrayRemove([1])}, **BOUNDED)
    assert read(reference) == {"l": [2, 3]}


def test_an_update_on_a_stale_version_is_refused(db):
    reference = db.document("things/a")
    first = reference.set({"n": 1}, **BOUNDED)
    reference.update({"n": 2}, **BOUNDED)
    option = db.write_option(last_update_time=first.update_time)
    with pytest.raises(exceptions.FailedPrecondition):
        reference.update({"n": 3}, option=option, **BOUNDED)
    assert read(reference) == {"n": 2}


def test_an_update_on_the_current_version_passes(db):
    reference = db.document("things/a")
    first = reference.set({"n": 1}, **BOUNDED)
    reference.update({"n": 2}, option=db.write_option(last_update_time=first.update_time), **BOUNDED)
    assert read(reference) == {"n": 2}


def test_an_update_on_a_version_of_a_deleted_document_is_refused(db):
    reference = db.document("things/a")
    first = reference.set({"n": 1}, **BOUNDED)
    reference.delete(**BOUNDED)
    option = db.write_option(last_update_time=first.update_time)
    with pytest.raises((exceptions.FailedPrecondition, exceptions.NotFound)):
        reference.update({"n": 3}, option=option, **BOUNDED)
    assert not reference.get(**BOUNDED).exists


def test_a_delete_on_a_stale_version_is_refused(db):
    reference = db.document("things/a")
    first = reference.set({"n": 1}, **BOUNDED)
    reference.update({"n": 2}, **BOUNDED)
    with pytest.raises(exceptions.FailedPrecondition):
        reference.delete(option=db.write_option(last_update_time=first.update_time), **BOUNDED)
    assert read(reference) == {"n": 2}


def test_deleting_what_is_not_there_passes_unless_it_must_exist(db):
    reference = db.document("things/none")
    reference.delete(**BOUNDED)
    with pytest.raises(exceptions.NotFound):
        reference.delete(option=db.write_option(exists=True), **BOUNDED)


def test_a_batch_is_one_commit(db):
    batch = db.batch()
    for number in range(5):
        batch.set(db.document(f"things/{number}"), {"n": number})
    results = batch.commit(**BOUNDED)
    assert len({result.update_time for result in results}) == 1
    assert len(list(db.collection("things").stream(**BOUNDED))) == 5


def test_writes_to_one_document_in_a_batch_build_on_each_other(db):
    batch = db.batch()
    batch.create(db.document("things/a"), {"n": 1})
    batch.update(db.document("things/a"), {"n": firestore.Increment(1)})
    batch.commit(**BOUNDED)
    assert read(db.document("things/a")) == {"n": 2}


def test_a_batch_with_a_refused_create_writes_nothing(db):
    db.document("things/there").set({"n": 0}, **BOUNDED)
    batch = db.batch()
    batch.set(db.document("things/before"), {"n": 1})
    batch.create(db.document("things/there"), {"n": 2})
    batch.set(db.document("things/after"), {"n": 3})
    with pytest.raises(exceptions.AlreadyExists):
        batch.commit(**BOUNDED)
    assert [snapshot.id for snapshot in db.collection("things").stream(**BOUNDED)] == ["there"]
    assert read(db.document("things/there")) == {"n": 0}


def test_a_batch_with_a_refused_update_writes_nothing(db):
    batch = db.batch()
    batch.set(db.document("things/before"), {"n": 1})
    batch.update(db.document("things/none"), {"n": 2})
    with pytest.raises(exceptions.NotFound):
        batch.commit(**BOUNDED)
    assert not list(db.collection("things").stream(**BOUNDED))


def test_a_batch_with_a_stale_version_writes_nothing(db):
    reference = db.document("things/a")
    first = reference.set({"n": 1}, **BOUNDED)
    reference.update({"n": 2}, **BOUNDED)
    batch = db.batch()
    batch.create(db.document("things/new"), {"n": 1})
    batch.update(reference, {"n": 3}, option=db.write_option(last_update_time=first.update_time))
    with pytest.raises(exceptions.FailedPrecondition):
        batch.commit(**BOUNDED)
    assert not db.document("things/new").get(**BOUNDED).exists
    assert read(reference) == {"n": 2}


def test_a_document_over_one_mebibyte_is_refused(db):
    with pytest.raises(exceptions.InvalidArgument):
        db.document("things/huge").set({"s": "x" * 1_100_000}, **BOUNDED)
    assert not db.document("things/huge").get(**BOUNDED).exists


def test_the_bulk_writer_writes_everything(db):
    writer = db.bulk_writer()
    for number in range(30):
        writer.set(db.document(f"things/{number}"), {"n": number})
    writer.close()
    assert len(list(db.collection("things").stream(**BOUNDED))) == 30


def test_recursive_delete_takes_what_lies_below(db):
    db.document("things/a").set({"n": 1}, **BOUNDED)
    db.document("things/a/below/b").set({"n": 1}, **BOUNDED)
    db.recursive_delete(db.collection("things"))
    assert not db.document("things/a").get(**BOUNDED).exists
    assert not db.document("things/a/below/b").get(**BOUNDED).exists


def test_increments_from_many_threads_are_all_counted(connect):
    def add():
        reference = connect().document("things/counter")
        for _ in range(10):
            reference.update({"n": firestore.Increment(1)}, timeout=60)

    connect().document("things/counter").set({"n": 0}, **BOUNDED)
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(connect().document("things/counter")) == {"n": 40}


def test_projects_do_not_see_each_other(db, connect, host):
    db.document("things/a").set({"n": 1}, **BOUNDED)
    other = firestore.Client(project=f"{db.project}-other", credentials=db._credentials)
    assert not other.document("things/a").get(**BOUNDED).exists
    other.close()
