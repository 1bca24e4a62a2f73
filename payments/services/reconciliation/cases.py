"""What staff do about a discrepancy: have it repaired where that is safe, or work on it as a case."""

import uuid
from datetime import datetime

from django.db import transaction

from identity.kinds import Actor, Right
from identity.queries.users import is_staff_member
from identity.services import audit, rights
from payments.errors import (
    AssigneeNotStaff,
    DiscrepancyEnded,
    DiscrepancyNeedsPerson,
    DiscrepancyNotRepaired,
)
from payments.kinds import DiscrepancyStatus
from payments.models import Discrepancy, DiscrepancyNote
from payments.services.reconciliation import records
from payments.services.reconciliation.checks import ALL


def repair_discrepancy(
    *, discrepancy_id: uuid.UUID, reason: str, actor: Actor, now: datetime
) -> DiscrepancyStatus:
    """Look at it again, and mend it if it is still there; answer how it has ended.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises DiscrepancyEnded: `discrepancy_ended`.
    :raises DiscrepancyNeedsPerson: `discrepancy_needs_person`: nothing mends it without somebody's judgement.
    :raises DiscrepancyNotRepaired: `discrepancy_not_repaired`: it was tried, and it is still there.
    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    rights.require(Right.HANDLE_DISCREPANCY, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    row = _open(discrepancy_id)
    look = ALL[row.check_name].look
    if not row.is_safe or look is None:
        raise DiscrepancyNeedsPerson
    difference = look(row.kind, row.subject, now)
    if difference and difference.mend is None:
        raise DiscrepancyNeedsPerson
    if difference and difference.mend and not difference.mend(now):
        raise DiscrepancyNotRepaired
    status = DiscrepancyStatus.REPAIRED if difference else DiscrepancyStatus.GONE
    _end(row, status, f"{status.label}: {reason}", actor, now)
    return status


def resolve_discrepancy(*, discrepancy_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Close the case: somebody has judged it. Found again, it is another one.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises DiscrepancyEnded: `discrepancy_ended`.
    """
    rights.require(Right.HANDLE_DISCREPANCY, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    _end(_open(discrepancy_id), DiscrepancyStatus.RESOLVED, f"Resolved: {reason}", actor, now)


def assign_discrepancy(
    *, discrepancy_id: uuid.UUID, assignee_id: uuid.UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Give the case to a member of staff.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises AssigneeNotStaff: `assignee_not_staff`.
    :raises DiscrepancyEnded: `discrepancy_ended`.
    """
    rights.require(Right.HANDLE_DISCREPANCY, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    if not is_staff_member(assignee_id):
        raise AssigneeNotStaff
    row = _open(discrepancy_id)
    with transaction.atomic():
        Discrepancy.objects.filter(id=row.id).update(assignee=str(assignee_id))
        _record(row, "assign", reason, actor, now, assignee=str(assignee_id))


def note_discrepancy(*, discrepancy_id: uuid.UUID, words: str, actor: Actor, now: datetime) -> None:
    """Write something down about the case, for whoever looks at it next.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises DiscrepancyEnded: `discrepancy_ended`.
    """
    rights.require(Right.HANDLE_DISCREPANCY, actor=actor)
    row = _open(discrepancy_id)
    with transaction.atomic():
        _write(row, words, actor, now)
        _record(row, "note", "", actor, now)


def _open(discrepancy_id: uuid.UUID) -> Discrepancy:
    row = Discrepancy.objects.filter(id=discrepancy_id, status=DiscrepancyStatus.OPEN).first()
    if row is None:
        raise DiscrepancyEnded
    return row


def _end(row: Discrepancy, status: DiscrepancyStatus, words: str, actor: Actor, now: datetime) -> None:
    """The state change is the lock: of several who end it at once, one does."""
    with transaction.atomic():
        if not records.end(Discrepancy.objects.filter(id=row.id), status, actor=actor, now=now):
            raise DiscrepancyEnded
        _write(row, words, actor, now)
        _record(row, "resolve" if status is DiscrepancyStatus.RESOLVED else "repair", words, actor, now)
    if status is DiscrepancyStatus.REPAIRED:
        records.log_repaired(check_name=row.check_name, kind=row.kind, subject=row.subject)


def _write(row: Discrepancy, words: str, actor: Actor, now: datetime) -> None:
    DiscrepancyNote.objects.create(
        discrepancy=row, written_by=records.name_of(actor=actor), written_at=now, words=words
    )


def _record(row: Discrepancy, verb: str, reason: str, actor: Actor, now: datetime, **facts: str) -> None:
    audit.record(
        actor=actor,
        action=f"discrepancy.{verb}",
        subject_kind="discrepancy",
        subject_id=row.id,
        reason=reason,
        facts={"check": row.check_name, "kind": row.kind, "subject": row.subject, **facts},
        now=now,
    )
