"""Finds purchases that nobody has told us the end of, and asks Stripe: one by one, within a budget."""

import logging
import uuid
from datetime import datetime

from foundation.errors import Refusal
from payments.errors import PaymentsUnavailable
from payments.kinds import PurchaseStatus
from payments.limits import SWEEP_BATCH_MAX
from payments.models import Purchase
from payments.queries.purchases import to_ask_about
from payments.services.checkout import ask_stripe

logger = logging.getLogger(__name__)


def sweep_purchases(*, now: datetime) -> int:
    """Bring purchases whose turn it is to where Stripe says they stand; answer how many were looked at.

    One without a session was interrupted before anybody could pay it, and simply expires. Where Stripe cannot be
    reached the rest waits for the next run; whoever was asked about goes to the end of the queue, so that none
    that always fails keeps others from their turn.
    """
    looked_at = 0
    for purchase in to_ask_about(now=now)[:SWEEP_BATCH_MAX]:
        looked_at += 1
        if not purchase.stripe_session_id:
            expire_unopened(purchase_id=purchase.id, now=now)
        elif not _ask(purchase.stripe_session_id, purchase, now):
            break
    return looked_at


def expire_unopened(*, purchase_id: uuid.UUID, now: datetime) -> None:
    """End a purchase whose start was interrupted before it had a session; any other stays as it is."""
    unopened = Purchase.objects.filter(id=purchase_id, status=PurchaseStatus.STARTED, stripe_session_id=None)
    unopened.update(status=PurchaseStatus.EXPIRED, closed_at=now)


def _ask(session_id: str, purchase: Purchase, now: datetime) -> bool:
    """Ask about one purchase, unless another has just done so; answer whether asking on makes sense."""
    seen = Purchase.objects.filter(id=purchase.id, asked_stripe_at=purchase.asked_stripe_at)
    if not seen.update(asked_stripe_at=now):
        return True
    try:
        ask_stripe(session_id=session_id, now=now)
    except Refusal as error:
        logger.warning("purchase.ask_failed", extra={"purchase_id": str(purchase.id), "code": error.code})
        return not isinstance(error, PaymentsUnavailable)
    return True
