"""Finds purchases that nobody has told us the end of, and asks Stripe."""

import logging
from datetime import datetime

from foundation.errors import Refusal
from payments.kinds import PENDING, PurchaseStatus
from payments.limits import SWEEP_BATCH_MAX, SWEEP_GRACE
from payments.models import Purchase
from payments.services.checkout import ask_stripe

logger = logging.getLogger(__name__)


def sweep_purchases(*, now: datetime) -> int:
    """Bring purchases past their session's end to where Stripe says they stand; answer how many were looked at.

    One without a session was interrupted before anybody could pay it, and simply expires.
    """
    overdue = Purchase.objects.filter(status__in=PENDING, expires_at__lte=now - SWEEP_GRACE)
    purchases = list(overdue.order_by("expires_at")[:SWEEP_BATCH_MAX])
    for purchase in purchases:
        if purchase.stripe_session_id:
            _ask(purchase.stripe_session_id, purchase, now)
        else:
            Purchase.objects.filter(id=purchase.id, status=PurchaseStatus.STARTED).update(
                status=PurchaseStatus.EXPIRED, closed_at=now
            )
    return len(purchases)


def _ask(session_id: str, purchase: Purchase, now: datetime) -> None:
    try:
        ask_stripe(session_id=session_id, now=now)
    except Refusal as error:
        logger.warning("purchase.ask_failed", extra={"purchase_id": str(purchase.id), "code": error.code})
