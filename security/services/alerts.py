"""Raises alerts, and moves them along: open → acknowledged → resolved."""

import json
import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When

from foundation.ids import new_id
from foundation.waker import wake
from identity.kinds import Actor, Right
from identity.queries.users import is_staff_member
from identity.services import audit, rights
from mirror.kinds import DELIVER_TASK
from mirror.services import outbox
from security import limits
from security.errors import (
    AlertNotAcknowledged,
    AlertNotFound,
    AlertNotOpen,
    AlertResolved,
    AssigneeNotStaff,
)
from security.kinds import (
    ALERT_SUBJECT,
    MAILED,
    SEND_MAILS_TASK,
    AlertKind,
    AlertStatus,
    Resolution,
    Severity,
)
from security.models import Alert

logger = logging.getLogger(__name__)

# One statement, so that two callers at once can neither make two rows nor lose a count. It waits for whoever
# holds the row, and if that one resolves the alert, the conflict is gone and a new row is made. Where a kind
# has opened more alerts than its budget, the flood's own alert takes the place of another new one. The intent
# to mirror what came of it is a part of the statement.
_UPSERT = """
WITH budget AS (
    SELECT NOT EXISTS (
               SELECT 1 FROM security_alert
               WHERE kind = %(kind)s AND dedup_key = %(dedup_key)s AND NOT (status = 'resolved'))
           AND (SELECT count(*) FROM (SELECT 1 FROM security_alert
                                      WHERE kind = %(kind)s AND first_seen_at > %(window_start)s
                                      LIMIT %(opened_max)s) AS opened) >= %(opened_max)s AS is_spent
), raised AS (
    INSERT INTO security_alert AS alert
        (id, kind, severity, status, dedup_key, summary, count, first_seen_at, last_seen_at, updated_at, evidence,
         user_id, assignee, acknowledged_by, resolution, resolved_by, version, mail_due_at, mail_attempts, mail_error)
    SELECT %(id)s, CASE WHEN is_spent THEN %(flood)s ELSE %(kind)s END, %(severity)s, 'open',
           CASE WHEN is_spent THEN %(kind)s ELSE %(dedup_key)s END,
           CASE WHEN is_spent THEN %(flood_summary)s ELSE %(summary)s END,
           CASE WHEN is_spent THEN %(times)s ELSE COALESCE(%(total)s, %(times)s) END,
           %(now)s, %(now)s, %(now)s, %(evidence)s::jsonb,
           CASE WHEN is_spent THEN NULL ELSE %(user_id)s::uuid END, '', '', '', '', 1, %(mail_due_at)s, 0, ''
    FROM budget
    ON CONFLICT (kind, dedup_key) WHERE NOT (status = 'resolved') DO UPDATE SET
        count = CASE WHEN EXCLUDED.kind = %(flood)s THEN alert.count + %(times)s
                     ELSE COALESCE(%(total)s, alert.count + %(times)s) END,
        last_seen_at = GREATEST(alert.last_seen_at, EXCLUDED.last_seen_at),
        updated_at = GREATEST(alert.updated_at, EXCLUDED.updated_at),
        severity = CASE WHEN array_position(%(severities)s::varchar[], EXCLUDED.severity)
                           > array_position(%(severities)s::varchar[], alert.severity)
                        THEN EXCLUDED.severity ELSE alert.severity END,
        summary = EXCLUDED.summary,
        evidence = EXCLUDED.evidence,
        user_id = COALESCE(EXCLUDED.user_id, alert.user_id),
        mail_due_at = CASE WHEN alert.mailed_at IS NULL AND alert.mail_attempts = 0
                           THEN COALESCE(alert.mail_due_at, EXCLUDED.mail_due_at) ELSE alert.mail_due_at END,
        version = alert.version + 1
    RETURNING id, kind, xmax = 0 AS is_new
)
SELECT id, kind, is_new, mirror_mark_stale(%(subject_kind)s, id::text) FROM raised
"""


def raise_alert(
    *,
    kind: AlertKind,
    severity: Severity,
    dedup_key: str,
    summary: str,
    subject: Mapping[str, str],
    now: datetime,
    total: int | None = None,
    times: int = 1,
) -> uuid.UUID:
    """Open an alert, or count it onto the one with this kind and key that nobody has resolved yet; answer its id.

    It is one statement in the caller's transaction, if there is one, and locks the alert's row until that
    ends: call it last, and for one alert only. It never refuses: what is too long is cut, since the alert
    matters more than its tail. Of a kind that has opened `ALERTS_OPENED_MAX` within the window, one flood's
    alert counts the rest. Operators are written to about what is grave, by a worker.

    :param subject: codes and ids of what it is about, never free text; `user_id` names the customer
    :param total: how often it was seen in all, for a watcher that counts rows; without it a call counts `times`
    """
    severity = Severity(severity)
    parameters = _parameters(AlertKind(kind), severity, now) | {
        "dedup_key": _bounded(dedup_key, limits.DEDUP_KEY_LENGTH_MAX),
        "summary": _bounded(summary, limits.SUMMARY_LENGTH_MAX),
        "evidence": json.dumps(_evidence_of(subject)),
        "user_id": _uuid_or_none(subject.get("user_id")),
        "total": total,
        "times": times,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, parameters)
        alert_id, kind_raised, is_new, _ = cursor.fetchone()
    wake(DELIVER_TASK)
    if severity in MAILED:
        wake(SEND_MAILS_TASK)
    if is_new:
        facts = {"alert_id": str(alert_id), "kind": kind_raised, "severity": severity.value}
        transaction.on_commit(lambda: logger.warning("alert.raised", extra=facts), robust=True)
    return uuid.UUID(str(alert_id))


def _parameters(kind: AlertKind, severity: Severity, now: datetime) -> dict[str, Any]:
    """What follows from the kind, the severity and the time."""
    return {
        "id": new_id(),
        "kind": kind.value,
        "severity": severity.value,
        "severities": Severity.values,
        "now": now,
        "mail_due_at": now if severity in MAILED else None,
        "flood": AlertKind.ALERT_FLOOD.value,
        "flood_summary": f"{kind.label}: so many at once that no further alerts are opened singly.",
        "window_start": now - limits.ALERTS_OPENED_WINDOW,
        "opened_max": limits.ALERTS_OPENED_MAX,
        "subject_kind": ALERT_SUBJECT,
    }


def assign_alert(
    *, alert_id: uuid.UUID, assignee_id: uuid.UUID, reason: str = "", actor: Actor, now: datetime
) -> Alert:
    """Give an alert that is not resolved to a member of staff, who looks into it.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises ReasonMissing: `reason_missing`: staff say why
    :raises AssigneeNotStaff: `assignee_not_staff`
    :raises AlertNotFound: `alert_not_found`
    :raises AlertResolved: `alert_resolved`
    """
    rights.require(Right.HANDLE_ALERT, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    if not is_staff_member(assignee_id):
        raise AssigneeNotStaff
    with transaction.atomic():
        alert, moved = _change(alert_id, ~Q(status=AlertStatus.RESOLVED), now, assignee=str(assignee_id))
        if not moved:
            raise AlertResolved
        _record("alert.assign", alert_id, reason, actor, now, assignee=assignee_id)
    facts = {"alert_id": str(alert_id), "assignee": str(assignee_id), "actor": actor.id}
    logger.info("alert.assigned", extra=facts)
    return alert


def acknowledge_alert(*, alert_id: uuid.UUID, reason: str = "", actor: Actor, now: datetime) -> Alert:
    """Somebody has looked at an open alert and takes it on; it is theirs, unless it is somebody's already.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises ReasonMissing: `reason_missing`: staff say why
    :raises AlertNotFound: `alert_not_found`
    :raises AlertNotOpen: `alert_not_open`, it is acknowledged or resolved already
    """
    rights.require(Right.HANDLE_ALERT, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        alert, moved = _change(
            alert_id,
            Q(status=AlertStatus.OPEN),
            now,
            status=AlertStatus.ACKNOWLEDGED,
            acknowledged_at=now,
            acknowledged_by=actor.id,
            assignee=Case(When(assignee="", then=Value(actor.id)), default=F("assignee")),
        )
        if not moved:
            raise AlertNotOpen(f"The alert is {alert.status}.", alert_status=alert.status)
        _record("alert.acknowledge", alert_id, reason, actor, now)
    logger.info("alert.acknowledged", extra={"alert_id": str(alert_id), "actor": actor.id})
    return alert


def resolve_alert(
    *, alert_id: uuid.UUID, resolution: Resolution, reason: str = "", actor: Actor, now: datetime
) -> Alert:
    """Close an acknowledged alert with what it turned out to be; the same cause opens a new one from now on.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises ReasonMissing: `reason_missing`: staff say why
    :raises AlertNotFound: `alert_not_found`
    :raises AlertNotAcknowledged: `alert_not_acknowledged`, nobody has looked yet or it is resolved already
    """
    rights.require(Right.HANDLE_ALERT, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        alert, moved = _change(
            alert_id,
            Q(status=AlertStatus.ACKNOWLEDGED),
            now,
            status=AlertStatus.RESOLVED,
            resolution=Resolution(resolution),
            resolved_at=now,
            resolved_by=actor.id,
            mail_due_at=None,
        )
        if not moved:
            raise AlertNotAcknowledged(f"The alert is {alert.status}.", alert_status=alert.status)
        _record("alert.resolve", alert_id, reason, actor, now, resolution=Resolution(resolution).value)
    facts = {"alert_id": str(alert_id), "resolution": resolution, "actor": actor.id}
    logger.info("alert.resolved", extra=facts)
    return alert


def link_freeze(*, alert_id: uuid.UUID, freeze_id: uuid.UUID, now: datetime) -> Alert:
    """Note the freeze that followed from an alert.

    :raises AlertNotFound: `alert_not_found`
    """
    return _change(alert_id, Q(), now, freeze_id=freeze_id)[0]


def link_override(*, alert_id: uuid.UUID, override_id: uuid.UUID, now: datetime) -> Alert:
    """Note the override of a limit that followed from an alert.

    :raises AlertNotFound: `alert_not_found`
    """
    return _change(alert_id, Q(), now, override_id=override_id)[0]


def _change(alert_id: uuid.UUID, condition: Q, now: datetime, **fields: object) -> tuple[Alert, bool]:
    """Write fields of an alert for which the condition holds, and have it mirrored; answer it and whether it held."""
    with transaction.atomic():
        rows = Alert.objects.filter(condition, id=alert_id)
        moved = rows.update(version=F("version") + 1, updated_at=now, **fields)
        if moved:
            outbox.mark_stale(kind=ALERT_SUBJECT, subject_id=str(alert_id))
    alert = Alert.objects.filter(id=alert_id).first()
    if alert is None:
        raise AlertNotFound
    return alert, bool(moved)


def _record(
    action: str, alert_id: uuid.UUID, reason: str, actor: Actor, now: datetime, **facts: object
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind=ALERT_SUBJECT,
        subject_id=alert_id,
        reason=reason,
        facts=facts,
        now=now,
    )


def _evidence_of(subject: Mapping[str, str]) -> dict[str, str]:
    facts = list(subject.items())[: limits.EVIDENCE_FACTS_MAX]
    return {
        _bounded(name, limits.EVIDENCE_NAME_LENGTH_MAX): _bounded(value, limits.EVIDENCE_VALUE_LENGTH_MAX)
        for name, value in facts
    }


def _bounded(text: str, length: int) -> str:
    # PostgreSQL keeps no NUL in text, and would fail the caller's transaction over it.
    return str(text).replace("\x00", "")[:length]


def _uuid_or_none(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
