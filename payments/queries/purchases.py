"""Reads purchases."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from payments.errors import PurchaseNotFound
from payments.kinds import PENDING
from payments.limits import SWEEP_GRACE
from payments.models import Purchase


def purchases_of(buyer_id: uuid.UUID) -> QuerySet[Purchase]:
    """The customer's purchases, newest first."""
    return Purchase.objects.filter(buyer_id=buyer_id).select_related("package").order_by("-started_at", "-id")


def purchase_of(*, buyer_id: uuid.UUID, purchase_id: uuid.UUID) -> Purchase:
    """One purchase of this customer's.

    :raises PurchaseNotFound: `purchase_not_found`, also for another customer's.
    """
    purchase = purchases_of(buyer_id).filter(id=purchase_id).first()
    if purchase is None:
        raise PurchaseNotFound
    return purchase


def purchase_by_session(*, buyer_id: uuid.UUID, session_id: str) -> Purchase:
    """The customer's purchase with this Checkout session.

    :raises PurchaseNotFound: `purchase_not_found`, also for another customer's.
    """
    purchase = purchases_of(buyer_id).filter(stripe_session_id=session_id).first()
    if purchase is None:
        raise PurchaseNotFound
    return purchase


def stuck(*, now: datetime) -> QuerySet[Purchase]:
    """The purchases that are past their session's end while still nobody knows what became of them."""
    return Purchase.objects.filter(status__in=PENDING, expires_at__lte=now - 2 * SWEEP_GRACE)


def stuck_count(*, now: datetime) -> int:
    """How many purchases are stuck."""
    return stuck(now=now).count()
