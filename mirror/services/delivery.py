"""Delivers one subject: brings Firestore up to what the projection tells, one commit per chunk.

Firestore's own version of a subject decides what is to be done, never our note of it. Each commit holds only
if the subject's document is still the one that was read, and creates only what does not exist. So whatever
crashes, times out or runs twice, a chunk takes effect once and in order; nothing newer gives way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from mirror import limits
from mirror.errors import (
    DeliveryFailure,
    DocumentExists,
    FirestoreUnavailable,
    MirrorConflict,
    ProjectionFailed,
    SubjectContended,
    WriteInterleaved,
)
from mirror.gateways import firestore
from mirror.kinds import FIELDS_EQUALITY_IGNORES, Chunk, Claim, Clock, Document, Outcome, Projection
from mirror.services import mirrored, outbox
from mirror.services.projections import projection_of

logger = structlog.get_logger(__name__)

NEVER = -1  # below every version: Firestore has none of this subject


def deliver(claimed: Claim, *, clock: Clock) -> Outcome:
    """Deliver a claimed subject and settle its outbox row. Runs outside any transaction."""
    try:
        is_complete = _catch_up(claimed, clock)
    except DeliveryFailure as failure:
        outbox.fail(claimed, failure=failure, now=clock())
        return Outcome.UNAVAILABLE if isinstance(failure, FirestoreUnavailable) else Outcome.FAILED
    except Exception as error:
        # A projection is another app's code: one that breaks must not keep the other subjects waiting.
        logger.exception("mirror.projection_failed", kind=claimed.kind, subject_id=claimed.subject_id)
        outbox.fail(claimed, failure=ProjectionFailed(type(error).__name__), now=clock())
        return Outcome.FAILED
    settle = outbox.finish if is_complete else outbox.give_back
    settle(claimed, now=clock())
    return Outcome.DELIVERED


def _catch_up(claimed: Claim, clock: Clock) -> bool:
    """Commit chunk after chunk; give whether nothing is left."""
    projection: Projection = projection_of(claimed.kind)
    reached = mirrored.version_of(kind=claimed.kind, subject_id=claimed.subject_id)
    for _ in range(limits.CHUNKS_PER_DELIVERY_MAX):
        chunk = projection(claimed.subject_id, reached, limits.CHUNK_DOCUMENTS_MAX)
        if chunk is None:
            return True
        reached = _apply(chunk, reached)
        if reached >= chunk.version:
            _note(claimed, chunk, clock)
            if not chunk.more:
                return True
    return False


def _note(claimed: Claim, chunk: Chunk, clock: Clock) -> None:
    mirrored.note_delivered(kind=claimed.kind, subject_id=claimed.subject_id, chunk=chunk, now=clock())
    logger.info(
        "mirror.delivered",
        kind=claimed.kind,
        subject_id=claimed.subject_id,
        version=chunk.version,
        documents=len(chunk.documents),
    )


def _apply(chunk: Chunk, after: int) -> int:
    """Bring Firestore to the chunk's version; give the version that the next chunk must follow.

    That is the chunk's, or, where Firestore has lost what it was known to hold, the older one that it shows.
    """
    there: frozenset[str] = frozenset()
    for _ in range(limits.INTERLEAVED_TRIES_MAX):
        seen = firestore.read(chunk.subject_path, chunk.version_field)
        shown = _version_in(seen, chunk)
        if shown >= chunk.version:
            return chunk.version
        if max(shown, 0) < after:
            return max(shown, 0)
        missing = [document for document in chunk.documents if document.path not in there]
        fields = {**chunk.fields, chunk.version_field: chunk.version}
        try:
            firestore.commit(chunk.subject_path, fields, seen=seen, documents=missing)
        except DocumentExists:
            there = _check_existing(chunk.documents)
        except WriteInterleaved:
            continue
        else:
            return chunk.version
    raise SubjectContended(chunk.subject_path)


def _version_in(seen: firestore.Seen, chunk: Chunk) -> int:
    if seen.version is None:
        return NEVER
    if type(seen.version) is not int:
        raise MirrorConflict(f"{chunk.version_field} in {chunk.subject_path} is no whole number")
    return seen.version


def _check_existing(documents: Sequence[Document]) -> frozenset[str]:
    """Give the paths of those that Firestore has already; refuse if it has another document there."""
    if not documents:
        return frozenset()
    stored = firestore.read_documents(document.path for document in documents)
    for document in documents:
        if document.path in stored and _told(stored[document.path]) != _told(document.fields):
            raise MirrorConflict(f"{document.path} differs")
    return frozenset(stored)


def _told(fields: Mapping[str, Any]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name not in FIELDS_EQUALITY_IGNORES}
