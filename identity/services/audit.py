"""Writes the audit trail."""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from identity.errors import ReasonMissing
from identity.kinds import Actor, ActorKind
from identity.models import AuditRecord

logger = logging.getLogger(__name__)


def require_reason(*, reason: str, actor: Actor) -> None:
    """Go on only if staff say why; what the product does by itself needs no words.

    :raises ReasonMissing: `reason_missing`.
    """
    if actor.kind is ActorKind.STAFF and not reason.strip():
        raise ReasonMissing


def record(
    *,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: object,
    reason: str = "",
    facts: Mapping[str, object] | None = None,
    now: datetime,
) -> uuid.UUID:
    """Add to the audit trail what `actor` does, in the transaction that does it; answer the record's id.

    It is for ever: whoever did the thing cannot undo that they did. What comes to nothing is not recorded.

    :param action: a stable code, `<subject>.<verb>`, such as `purchase.release`
    :param subject_kind: the model's name in lower case, such as `purchase`, `wallet`, `user`, `alert`
    :param subject_id: the subject's primary key
    :param reason: why, in the words of who acts; without personal data, since nobody can erase it
    :param facts: codes, ids and numbers that tell what it was; JSON, or what has a text
    """
    told = {name: _plain(value) for name, value in (facts or {}).items()}
    row = AuditRecord.objects.create(
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        address=actor.address,
        action=action,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        reason=reason.replace("\x00", ""),  # PostgreSQL keeps none in text
        facts=told,
    )
    line = {"action": action, "subject_kind": subject_kind, "subject_id": str(subject_id)}
    line |= {"actor_kind": str(actor.kind), "actor": actor.id, "audit_id": str(row.id)}
    transaction.on_commit(lambda: logger.info("admin.action", extra=line), robust=True)
    return row.id


def _plain(value: object) -> object:
    """What JSON keeps as it is; anything else as its text."""
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)
