"""Delivers many subjects with few statements: they are told together, shown each by itself, and noted together.

That is the usual case alone: one chunk brings a subject up to date, and Firestore shows what it was known to.
Whatever is unusual (a repair, a long backlog, a loss, a projection that breaks) is left to `services.delivery`,
which takes one subject at a time and begins it anew.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import structlog

from mirror import limits
from mirror.kinds import Claim, Clock, Ready, Shown
from mirror.services import chunks, mirrored, outbox
from mirror.services.delivery import log_delivered
from mirror.services.projections import registration_of

logger = structlog.get_logger(__name__)


def prepare(claims: Sequence[Claim]) -> tuple[list[Ready], list[Claim]]:
    """Ask what these subjects tell; give those that are ready to be shown, and those that are left over."""
    ready = [each for kind, some in _by_kind(claims) for each in _told(kind, some)]
    prepared = {each.claimed.row_id for each in ready}
    return ready, [claimed for claimed in claims if claimed.row_id not in prepared]


def show(ready: Ready, *, clock: Clock) -> Shown | None:
    """Have Firestore show a subject's newest version; None where it showed less than it was known to.

    :raises DeliveryFailure: Firestore does not answer, or does not take it.
    """
    reached = chunks.apply(ready.chunk, ready.noted)
    return Shown(ready.claimed, ready.chunk, clock()) if reached >= ready.chunk.version else None


def settle(shown: Sequence[Shown], *, clock: Clock) -> None:
    """Note what Firestore shows, then settle the outbox: a crash in between only repeats what changes nothing."""
    mirrored.note_all_delivered(
        [(each.claimed.kind, each.claimed.subject_id, each.chunk, each.at) for each in shown]
    )
    outbox.finish_all([each.claimed for each in shown], now=clock())
    for each in shown:
        log_delivered(each.claimed, each.chunk)


def _by_kind(claims: Sequence[Claim]) -> Iterator[tuple[str, list[Claim]]]:
    usual = sorted((claimed for claimed in claims if not claimed.repairs), key=lambda claimed: claimed.kind)
    for kind, some in groupby(usual, key=lambda claimed: claimed.kind):
        yield kind, list(some)


def _told(kind: str, claims: Sequence[Claim]) -> list[Ready]:
    """Those of a kind's subjects whose news fit one chunk."""
    try:
        told_of_many = registration_of(kind).projections
        if told_of_many is None:
            return []
        noted = mirrored.versions_of((kind, claimed.subject_id) for claimed in claims)
        after = {claimed.subject_id: noted.get((kind, claimed.subject_id), 0) for claimed in claims}
        told = told_of_many(after, limits.CHUNK_DOCUMENTS_MAX)
    except Exception as error:  # noqa: BLE001 - one subject may break all: each by itself shows which
        logger.warning("mirror.batch_failed", kind=kind, error=type(error).__name__)
        return []
    return [
        Ready(claimed, chunk, after[claimed.subject_id])
        for claimed in claims
        if (chunk := told.get(claimed.subject_id)) and not chunk.more
    ]
