"""Listeners: the customer's app watches its balance live."""

import threading
from typing import Any

import pytest
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.sandbox.firestore.conftest import BOUNDED

SECONDS_MAX = 30


class Watched:
    """What a listener was told, and a way to wait for it."""

    def __init__(self) -> None:
        self.told: list[tuple[list[Any], list[tuple[str, str]]]] = []
        self._changed = threading.Condition()

    def hear(self, documents, changes, _read_time):
        with self._changed:
            contents = [document.to_dict() if document.exists else None for document in documents]
            self.told.append((contents, [(change.type.name, change.document.id) for change in changes]))
            self._changed.notify_all()

    def wait_for(self, is_so):
        with self._changed:
            assert self._changed.wait_for(lambda: is_so(self.told), SECONDS_MAX), self.told


@pytest.fixture
def watch():
    """Start listeners that end with the test."""
    watches = []

    def start(target):
        watched = Watched()
        watches.append(target.on_snapshot(watched.hear))
        return watched

    yield start
    for running in watches:
        running.unsubscribe()


def test_a_document_is_told_at_once_and_after_each_change(db, watch):
    reference = db.document("things/a")
    reference.set({"n": 0}, **BOUNDED)
    watched = watch(reference)
    watched.wait_for(lambda told: told and told[0][0] == [{"n": 0}])
    reference.update({"n": 1}, **BOUNDED)
    watched.wait_for(lambda told: told[-1][0] == [{"n": 1}])


def test_a_documents_birth_and_death_are_told(db, watch):
    reference = db.document("things/a")
    watched = watch(reference)
    reference.set({"n": 0}, **BOUNDED)
    watched.wait_for(lambda told: told and told[-1][0] == [{"n": 0}])
    reference.delete(**BOUNDED)
    watched.wait_for(lambda told: told[-1][0] != [{"n": 0}])


def test_a_query_is_told_what_came_changed_and_left(db, watch):
    things = db.collection("things")
    things.document("one").set({"group": 1}, **BOUNDED)
    watched = watch(things.where(filter=FieldFilter("group", "==", 1)))
    watched.wait_for(lambda told: told and told[0][1] == [("ADDED", "one")])
    # One step at a time: what was put right again between two snapshots is never told.
    things.document("two").set({"group": 1}, **BOUNDED)
    watched.wait_for(lambda told: told[-1][1] == [("ADDED", "two")])
    things.document("two").update({"n": 2}, **BOUNDED)
    watched.wait_for(lambda told: told[-1][1] == [("MODIFIED", "two")])
    things.document("one").update({"group": 2}, **BOUNDED)
    watched.wait_for(lambda told: told[-1][1] == [("REMOVED", "one")])
    assert watched.told[-1][0] == [{"group": 1, "n": 2}]
    things.document("two").delete(**BOUNDED)
    watched.wait_for(lambda told: told[-1][1] == [("REMOVED", "two")])
    assert watched.told[-1][0] == []


def test_a_batch_is_told_as_one_change(db, watch):
    wallet, entry = db.document("things/wallet"), db.document("things/entry")
    watched = watch(db.collection("things"))
    watched.wait_for(lambda told: told)
    batch = db.batch()
    batch.set(wallet, {"n": 1})
    batch.set(entry, {"n": 1})
    batch.commit(**BOUNDED)
    watched.wait_for(lambda told: told[-1][0] != [])
    assert len(watched.told[-1][0]) == 2
