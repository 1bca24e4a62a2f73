"""Ids grow with time."""

import uuid

from foundation.ids import new_id


def test_ids_are_version_7_and_grow() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(type(made) is uuid.UUID and made.version == 7 for made in ids)
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
