"""Keeps what limits refused, so that staff can say which of it was a mistake."""

import logging
import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from foundation.ids import new_id
from identity.kinds import Actor, Right
from identity.services import audit, rights
from security.errors import RefusalNotFound
from security.kinds import Breach
from security.models import LimitRefusal

logger = logging.getLogger(__name__)

# One statement, so that many refused at once make one row and lose no count.
_UPSERT = """
INSERT INTO security_limitrefusal AS known
    (id, user_id, "limit", allowed, starts_at, ends_at, count, address, first_refused_at, last_refused_at, labelled_by)
VALUES (%(id)s, %(user_id)s, %(limit)s, %(allowed)s, %(starts_at)s, %(ends_at)s, 1, %(address)s, %(now)s, %(now)s, '')
ON CONFLICT (user_id, "limit", starts_at) DO UPDATE SET
    count = known.count + 1,
    allowed = EXCLUDED.allowed,
    ends_at = EXCLUDED.ends_at,
    address = COALESCE(EXCLUDED.address, known.address),
    last_refused_at = GREATEST(known.last_refused_at, EXCLUDED.last_refused_at)
"""


def note_refusal(*, breach: Breach, user_id: uuid.UUID, now: datetime, address: str = "") -> None:
    """Count a refusal onto the row of this customer, limit and window.

    Call it outside any transaction that the refusal ends.
    """
    parameters: dict[str, Any] = {
        "id": new_id(),
        "user_id": user_id,
        "limit": breach.limit.value,
        "allowed": breach.allowed,
        "starts_at": breach.starts_at,
        "ends_at": breach.ends_at,
        "address": address or None,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, parameters)
    facts = {"limit": breach.limit.value, "allowed": breach.allowed, "user_id": str(user_id)}
    logger.warning("rate_limit.refused", extra=facts)


def label_refusal(
    *, refusal_id: uuid.UUID, is_mistake: bool, reason: str = "", actor: Actor, now: datetime
) -> None:
    """Say whether these refusals were a mistake; whoever says so last is right.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises ReasonMissing: `reason_missing`: staff say why
    :raises RefusalNotFound: `refusal_not_found`
    """
    rights.require(Right.LABEL_REFUSAL, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    facts = {"is_mistake": is_mistake}
    with transaction.atomic():
        labelled = LimitRefusal.objects.filter(id=refusal_id).update(
            is_mistake=is_mistake, labelled_at=now, labelled_by=actor.id
        )
        if not labelled:
            raise RefusalNotFound
        audit.record(
            actor=actor,
            action="limitrefusal.label",
            subject_kind="limitrefusal",
            subject_id=refusal_id,
            reason=reason,
            facts=facts,
            now=now,
        )
    logger.info("rate_limit.labelled", extra={**facts, "refusal_id": str(refusal_id), "actor": actor.id})
