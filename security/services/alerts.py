"""Raises alerts, and moves them along: open → acknowledged → resolved."""

import json
import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from foundation.ids import new_id
from identity.kinds import Actor
from security import limits
from security.errors import AlertNotAcknowledged, AlertNotFound, AlertNotOpen
from security.kinds import AlertKind, AlertStatus, Resolution, Severity
from security.models import Alert

logger = logging.getLogger(__name__)

# One statement, so that two callers at once can neither make two rows nor lose a count. It waits for whoever
# holds the row, and if that one resolves the alert, the conflict is gone and a new row is made.
_UPSERT = """
INSERT INTO security_alert AS alert
    (id, kind, severity, status, dedup_key, summary, count, first_seen_at, last_seen_at, evidence, user_id,
     acknowledged_by, resolution, resolved_by, version)
VALUES (%(id)s, %(kind)s, %(severity)s, 'open', %(dedup_key)s, %(summary)s, COALESCE(%(total)s, 1),
        %(now)s, %(now)s, %(evidence)s::jsonb, %(user_id)s, '', '', '', 1)
ON CONFLICT (kind, dedup_key) WHERE NOT (status = 'resolved') DO UPDATE SET
    count = COALESCE(%(total)s, alert.count + 1),
    last_seen_at = GREATEST(alert.last_seen_at, EXCLUDED.last_seen_at),
    severity = CASE WHEN array_position(%(severities)s::varchar[], EXCLUDED.severity)
                       > array_position(%(severities)s::varchar[], alert.severity)
                    THEN EXCLUDED.severity ELSE alert.severity END,
    summary = EXCLUDED.summary,
    evidence = EXCLUDED.evidence,
    user_id = COALESCE(EXCLUDED.user_id, alert.user_id),
    version = alert.version + 1
RETURNING id, xmax = 0
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
) -> None:
    """Open an alert, or count it once more onto the one with this kind and key that nobody has resolved yet.

    It is one statement in the caller's transaction, if there is one, and locks the alert's row until that
    ends: call it last, and for one alert only. It never refuses: what is too long is cut, since the alert
    matters more than its tail.

    :param subject: codes and ids of what it is about, never free text; `user_id` names the customer
    :param total: how often it was seen in all, for a watcher that counts rows; without it a call counts one
    """
    parameters: dict[str, Any] = {
        "id": new_id(),
        "kind": AlertKind(kind).value,
        "severity": Severity(severity).value,
        "severities": Severity.values,
        "dedup_key": _bounded(dedup_key, limits.DEDUP_KEY_LENGTH_MAX),
        "summary": _bounded(summary, limits.SUMMARY_LENGTH_MAX),
        "evidence": json.dumps(_evidence_of(subject)),
        "user_id": _uuid_or_none(subject.get("user_id")),
        "total": total,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, parameters)
        alert_id, is_new = cursor.fetchone()
    if is_new:
        facts = {"alert_id": str(alert_id), "kind": parameters["kind"], "severity": parameters["severity"]}
        transaction.on_commit(lambda: logger.warning("alert.raised", extra=facts), robust=True)


def acknowledge_alert(*, alert_id: uuid.UUID, actor: Actor, now: datetime) -> Alert:
    """Somebody has looked at an open alert and takes it on.

    :raises AlertNotFound: `alert_not_found`
    :raises AlertNotOpen: `alert_not_open`, it is acknowledged or resolved already
    """
    moved = Alert.objects.filter(id=alert_id, status=AlertStatus.OPEN).update(
        status=AlertStatus.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=actor.id,
        version=F("version") + 1,
    )
    alert = _alert_of(alert_id)
    if not moved:
        raise AlertNotOpen(f"The alert is {alert.status}.", alert_status=alert.status)
    logger.info("alert.acknowledged", extra={"alert_id": str(alert_id), "actor": actor.id})
    return alert


def resolve_alert(*, alert_id: uuid.UUID, resolution: Resolution, actor: Actor, now: datetime) -> Alert:
    """Close an acknowledged alert with what it turned out to be; the same cause opens a new one from now on.

    :raises AlertNotFound: `alert_not_found`
    :raises AlertNotAcknowledged: `alert_not_acknowledged`, nobody has looked yet or it is resolved already
    """
    moved = Alert.objects.filter(id=alert_id, status=AlertStatus.ACKNOWLEDGED).update(
        status=AlertStatus.RESOLVED,
        resolution=Resolution(resolution),
        resolved_at=now,
        resolved_by=actor.id,
        version=F("version") + 1,
    )
    alert = _alert_of(alert_id)
    if not moved:
        raise AlertNotAcknowledged(f"The alert is {alert.status}.", alert_status=alert.status)
    facts = {"alert_id": str(alert_id), "resolution": resolution, "actor": actor.id}
    logger.info("alert.resolved", extra=facts)
    return alert


def _alert_of(alert_id: uuid.UUID) -> Alert:
    alert = Alert.objects.filter(id=alert_id).first()
    if alert is None:
        raise AlertNotFound
    return alert


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
