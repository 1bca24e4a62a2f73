"""Delivers one subject: brings Firestore up to what the projection tells, one commit per chunk."""

from datetime import datetime

import structlog

from mirror import limits
from mirror.errors import DeliveryFailure, FirestoreUnavailable, ProjectionFailed
from mirror.kinds import Chunk, Claim, Clock, Findings, Outcome, Projection
from mirror.services import chunks, drift, mirrored, outbox
from mirror.services.projections import projection_of
from mirror.services.repair import repair

logger = structlog.get_logger(__name__)


def deliver(claimed: Claim, *, clock: Clock) -> Outcome:
    """Deliver a claimed subject and settle its outbox row. Runs outside any transaction."""
    bring_up = repair if claimed.repairs else _catch_up
    try:
        is_complete = bring_up(claimed, clock)
    except DeliveryFailure as failure:
        return give_up(claimed, failure, clock=clock)
    except Exception as error:
        # A projection is another app's code: one that breaks must not keep the other subjects waiting.
        logger.exception("mirror.projection_failed", kind=claimed.kind, subject_id=claimed.subject_id)
        outbox.fail(claimed, failure=ProjectionFailed(type(error).__name__), now=clock())
        return Outcome.FAILED
    settle = outbox.finish if is_complete else outbox.give_back
    settle(claimed, now=clock())
    return Outcome.DELIVERED


def give_up(claimed: Claim, failure: DeliveryFailure, *, clock: Clock) -> Outcome:
    """Put a subject off after a delivery that did not happen."""
    outbox.fail(claimed, failure=failure, now=clock())
    return Outcome.UNAVAILABLE if isinstance(failure, FirestoreUnavailable) else Outcome.FAILED


def _catch_up(claimed: Claim, clock: Clock) -> bool:
    """Commit chunk after chunk; give whether nothing is left."""
    projection: Projection = projection_of(claimed.kind)
    reached = mirrored.version_of(kind=claimed.kind, subject_id=claimed.subject_id)
    for _ in range(limits.CHUNKS_PER_DELIVERY_MAX):
        chunk = projection(claimed.subject_id, reached, limits.CHUNK_DOCUMENTS_MAX)
        if chunk is None:
            return True
        reached = chunks.apply(chunk, reached)
        if reached >= chunk.version:
            _note(claimed, chunk, clock)
            if not chunk.more:
                return True
        else:
            _note_loss(claimed, chunk, clock())
    return False


def _note(claimed: Claim, chunk: Chunk, clock: Clock) -> None:
    mirrored.note_delivered(kind=claimed.kind, subject_id=claimed.subject_id, chunk=chunk, now=clock())
    log_delivered(claimed, chunk)


def log_delivered(claimed: Claim, chunk: Chunk) -> None:
    """Say what Firestore shows."""
    logger.info(
        "mirror.delivered",
        kind=claimed.kind,
        subject_id=claimed.subject_id,
        version=chunk.version,
        documents=len(chunk.documents),
    )


def _note_loss(claimed: Claim, chunk: Chunk, now: datetime) -> None:
    """Firestore shows less than it was known to: it may lack more, so that all is compared after this."""
    outbox.request_repair(kind=claimed.kind, subject_id=claimed.subject_id, now=now)
    drift.note_found(claimed, findings=Findings(differing=1), path=chunk.subject_path, now=now)
