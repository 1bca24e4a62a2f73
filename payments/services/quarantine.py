"""Releases quarantined purchases: a person has looked, and what was bought is credited after all."""

import logging
import uuid
from datetime import datetime

from django.db import transaction

from foundation.waker import wake
from identity.kinds import Actor, Right
from identity.services import audit, rights
from payments.errors import (
    NothingToRelease,
    PurchaseNotFound,
    PurchaseNotQuarantined,
)
from payments.kinds import PurchaseStatus
from payments.models import Purchase
from payments.services import reversals
from payments.services.locked_purchase import LockedPurchase, lock_purchase
from payments.services.settlement import post_credit
from tokens.kinds import EntryType

logger = logging.getLogger(__name__)


def release(*, purchase_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Settle a quarantined purchase: credit the tokens that it froze, whatever was paid. Once.

    What of its payment has gone back already takes its share of the tokens with it.

    :raises PurchaseNotFound: `purchase_not_found`.
    :raises PurchaseNotQuarantined: `purchase_not_quarantined`: it was released or refunded meanwhile.
    :raises NothingToRelease: `nothing_to_release`: nothing was paid, or nothing was sold.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises ActionNotAllowed: `action_not_allowed`.
    """
    rights.require(Right.SETTLE_QUARANTINED, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        purchase = settle(purchase_id=purchase_id, now=now)
        audit.record(
            actor=actor,
            action="purchase.release",
            subject_kind="purchase",
            subject_id=purchase.id,
            reason=reason,
            facts={
                "quarantine_reason": purchase.quarantine_reason,
                "tokens": purchase.tokens + purchase.bonus_tokens,
                "price_cents": purchase.price_cents,
            },
            now=now,
        )
        wake("mirror.deliver")
    logger.info("purchase.settled", extra={"purchase_id": str(purchase.id), "released_by": actor.id})


def settle(*, purchase_id: uuid.UUID, now: datetime) -> LockedPurchase:
    """Credit a quarantined purchase: only the movement, for whoever wants to see where it would lead.

    :raises PurchaseNotFound: `purchase_not_found`.
    :raises PurchaseNotQuarantined: `purchase_not_quarantined`.
    :raises NothingToRelease: `nothing_to_release`.
    """
    with transaction.atomic(savepoint=False):
        purchase = lock_purchase(purchase_id, "")
        if purchase is None:
            raise PurchaseNotFound
        if purchase.status != PurchaseStatus.QUARANTINED:
            raise PurchaseNotQuarantined
        if not (purchase.tokens + purchase.bonus_tokens and Purchase.objects.get(id=purchase.id).paid_cents):
            raise NothingToRelease
        entry = post_credit(purchase=purchase, now=now)
        purchase.move(PurchaseStatus.SETTLED, settled_at=now, closed_at=None, entry_id=entry.entry_id)
        reversals.apply(
            purchase=Purchase.objects.get(id=purchase.id),
            cause=EntryType.REFUND,
            reference=f"release:{purchase.id}",
            now=now,
        )
    return purchase
