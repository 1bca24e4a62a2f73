"""Identifiers."""

import uuid

import uuid_utils


def new_id() -> uuid.UUID:
    """A UUIDv7: unique without coordination, and ordered by time, so that indexes grow at one end."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)
