"""The outbox: mark, claim, finish, fail, retry."""

import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from foundation.ids import new_id
from foundation.waker import wake
from identity.kinds import Actor, Right
from identity.services import audit, rights
from mirror import limits
from mirror.errors import DeliveryFailure
from mirror.kinds import DELIVER_TASK, Claim, Only
from mirror.models import OutboxRow

logger = structlog.get_logger(__name__)

# One statement, so that the rows are locked for one round trip: the ledger's functions wait for no longer.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM mirror_outboxrow
        WHERE parked_at IS NULL AND due_at <= %(now)s AND (leased_until IS NULL OR leased_until <= %(now)s)
          AND (%(kind)s IS NULL OR (kind = %(kind)s AND subject_id = ANY(%(subject_ids)s)))
        ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE mirror_outboxrow AS claimed SET leased_until = %(leased_until)s, lease_token = %(token)s
    FROM due WHERE claimed.id = due.id
    RETURNING claimed.id, claimed.kind, claimed.subject_id, claimed.generation,
              claimed.repair_generation, claimed.repaired_to_version, claimed.repaired_to_path
"""
# Passes over rows that a change is holding: to wait for one while holding others could close a circle.
FINISH_ALL = """
    WITH free AS MATERIALIZED (
        SELECT held.id FROM mirror_outboxrow held
        JOIN unnest(%s::bigint[], %s::uuid[], %s::bigint[]) AS done (id, lease_token, generation)
            USING (id, lease_token, generation)
        FOR UPDATE OF held SKIP LOCKED
    )
    DELETE FROM mirror_outboxrow delivered USING free WHERE delivered.id = free.id RETURNING delivered.id
"""
# Due from now on, and so behind every intent of the last seconds: customers wait for those.
REQUEST_REPAIR = """
    INSERT INTO mirror_outboxrow AS existing
        (kind, subject_id, generation, stale_since, due_at, attempts, last_error, repair_generation)
    VALUES (%(kind)s, %(subject_id)s, 1, %(now)s, %(now)s, 0, '', 1)
    ON CONFLICT (kind, subject_id) DO {on_conflict}
"""
REPAIR_BESIDE_INTENTS = """
    UPDATE SET
        generation = existing.generation + 1, repair_generation = existing.generation + 1,
        repaired_to_version = 0, repaired_to_path = '',
        due_at = least(existing.due_at, excluded.due_at), attempts = 0, last_error = '', parked_at = NULL
"""


def mark_stale(*, kind: str, subject_id: str) -> None:
    """Say, inside the transaction that changes a subject, that Firestore will show an old state of it.

    Workers are woken after the commit. SQL functions call `mirror_mark_stale` themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT mirror_mark_stale(%s, %s)", [kind, subject_id])
    wake(DELIVER_TASK)


def request_repair(*, kind: str, subject_id: str, now: datetime) -> None:
    """Have everything that Firestore shows of a subject compared with its projection, and repaired.

    It commits by itself and holds its row no longer than that, since the ledger's functions wait for it. A parked
    row becomes due again: a repair may overwrite what a delivery would not.
    """
    _request_repair(REPAIR_BESIDE_INTENTS, kind, subject_id, now)


def request_repair_unless_waiting(*, kind: str, subject_id: str, now: datetime) -> bool:
    """Have a subject compared and repaired if no intent of it waits; give whether none did.

    What is not delivered yet is no drift, and what is parked waits for a person.
    """
    return _request_repair("NOTHING", kind, subject_id, now)


def _request_repair(on_conflict: str, kind: str, subject_id: str, now: datetime) -> bool:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            REQUEST_REPAIR.format(on_conflict=on_conflict),
            {"kind": kind, "subject_id": subject_id, "now": now},
        )
        is_asked: bool = cursor.rowcount > 0
        return is_asked


def claim(*, limit: int, now: datetime, only: Only | None = None) -> list[Claim]:
    """Lease up to `limit` due rows, longest due first; rows that another worker holds are passed over."""
    token = new_id()
    leased_until = now + timedelta(seconds=limits.LEASE_SECONDS)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "now": now,
                "leased_until": leased_until,
                "token": token,
                "limit": limit,
                "kind": only.kind if only else None,
                "subject_ids": list(only.subject_ids) if only else [],
            },
        )
        return [
            Claim(row_id, kind, subject_id, generation, token, now, repair is not None, to_version, to_path)
            for row_id, kind, subject_id, generation, repair, to_version, to_path in cursor.fetchall()
        ]


def finish_all(claims: Sequence[Claim], *, now: datetime) -> None:
    """Delete delivered rows in one statement; those to which an intent came after the claim, one by one as ever."""
    keys = [(claimed.row_id, claimed.lease_token, claimed.generation) for claimed in claims]
    with connection.cursor() as cursor:
        cursor.execute(FINISH_ALL, [list(column) for column in zip(*keys, strict=True)])
        deleted = {row_id for (row_id,) in cursor.fetchall()}
    for claimed in claims:
        if claimed.row_id not in deleted:
            finish(claimed, now=now)


def finish(claimed: Claim, *, now: datetime) -> None:
    """Delete the delivered row; or give it back as due, where an intent came after the claim."""
    held = OutboxRow.objects.filter(pk=claimed.row_id, lease_token=claimed.lease_token)
    deleted, _ = held.filter(generation=claimed.generation).delete()
    if not deleted:
        # What came before the claim was delivered: what is left cannot be older than the claim.
        held.update(
            leased_until=None,
            lease_token=None,
            due_at=now,
            attempts=0,
            last_error="",
            stale_since=Greatest("stale_since", claimed.claimed_at),
            **(_without_repair(claimed) if claimed.repairs else {}),
        )


def _without_repair(claimed: Claim) -> dict[str, Combinable]:
    """A repair that was asked for after the claim stays, and has its places reset already."""
    asked_later = When(repair_generation__gt=claimed.generation, then=F("repair_generation"))
    return {
        "repair_generation": Case(asked_later, default=Value(None)),
        "repaired_to_version": Value(0),
        "repaired_to_path": Value(""),
    }


def note_repaired_to(claimed: Claim, *, version: int, path: str = "") -> None:
    """Keep how far a long repair has come, unless it was asked for anew."""
    OutboxRow.objects.filter(
        pk=claimed.row_id, lease_token=claimed.lease_token, repair_generation__lte=claimed.generation
    ).update(repaired_to_version=version, repaired_to_path=path)


def give_back(claimed: Claim, *, now: datetime) -> None:
    """Make a row due again whose backlog was delivered in part."""
    OutboxRow.objects.filter(pk=claimed.row_id, lease_token=claimed.lease_token).update(
        leased_until=None, lease_token=None, due_at=now, attempts=0, last_error=""
    )


def let_go(claims: Collection[Claim]) -> None:
    """Give rows back that were claimed and not begun: they are as due as they were.

    One by one: to wait for a row that a change of many is holding, while holding others, could close a circle.
    """
    for claimed in claims:
        OutboxRow.objects.filter(pk=claimed.row_id, lease_token=claimed.lease_token).update(
            leased_until=None, lease_token=None
        )


def fail(claimed: Claim, *, failure: DeliveryFailure, now: datetime) -> None:
    """Put off the row, or park it: when a repeat would change nothing, or after too many.

    A row whose subject changed meanwhile is never parked: the change deserves a try of its own.
    """
    with transaction.atomic():
        row = (
            OutboxRow.objects.select_for_update()
            .filter(pk=claimed.row_id, lease_token=claimed.lease_token)
            .first()
        )
        if row is None:
            return
        is_superseded = row.generation != claimed.generation
        row.attempts += 1
        row.last_error = failure.code
        row.due_at = now + timedelta(seconds=back_off_seconds(row.attempts, failure.back_off_seconds_max))
        row.leased_until = row.lease_token = None
        if failure.parks_after and row.attempts >= failure.parks_after and not is_superseded:
            row.parked_at = now
        row.save(
            update_fields=["attempts", "last_error", "due_at", "leased_until", "lease_token", "parked_at"]
        )
    _log_failure(row, failure)


def _log_failure(row: OutboxRow, failure: DeliveryFailure) -> None:
    log = logger.bind(kind=row.kind, subject_id=row.subject_id, attempts=row.attempts)
    if row.parked_at:
        log.error("mirror.parked", code=failure.code, detail=failure.detail)
    else:
        log.warning("mirror.failed", code=failure.code, detail=failure.detail)


def back_off_seconds(attempts: int, seconds_max: float) -> float:
    """How long to wait after that many failures: doubling up to a bound, less up to a half by chance."""
    doublings = min(attempts - 1, limits.BACK_OFF_DOUBLINGS_MAX)
    longest = min(limits.BACK_OFF_FIRST_SECONDS * 2.0**doublings, seconds_max)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, keeps no secret


def retry_parked(*, row_ids: Collection[int], reason: str = "", actor: Actor, now: datetime) -> int:
    """Make parked rows due again, with their attempts forgotten.

    :returns: how many of `row_ids` were parked.
    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    """
    rights.require(Right.RETRY_MIRROR, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        parked = OutboxRow.objects.select_for_update().filter(pk__in=row_ids, parked_at__isnull=False)
        rows = list(parked.order_by("pk"))
        for row in rows:
            audit.record(
                actor=actor,
                action="mirror.retry",
                subject_kind=row.kind,
                subject_id=row.subject_id,
                reason=reason,
                facts={"last_error": row.last_error, "attempts": row.attempts},
                now=now,
            )
        OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(
            parked_at=None, attempts=0, due_at=now
        )
    logger.info("mirror.retried", rows=len(rows), actor_kind=actor.kind, actor_id=actor.id)
    wake(DELIVER_TASK)
    return len(rows)


def rebuild_subject(*, kind: str, subject_id: str, reason: str = "", actor: Actor, now: datetime) -> None:
    """Have a subject compared with Firestore and rebuilt there. That it was asked for is recorded first.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    """
    rights.require(Right.RETRY_MIRROR, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    audit.record(
        actor=actor, action="mirror.rebuild", subject_kind=kind, subject_id=subject_id, reason=reason, now=now
    )
    request_repair(kind=kind, subject_id=subject_id, now=now)
    wake(DELIVER_TASK)
