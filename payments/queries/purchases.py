"""Reads purchases."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from payments.errors import PurchaseNotFound
from payments.kinds import PAYABLE, PurchaseStatus
from payments.limits import (
    PROCESSING_ASK_INTERVAL,
    PROCESSING_WAIT,
    RECONCILE_CHUNK,
    SWEEP_ASK_INTERVAL,
    SWEEP_GRACE,
)
from payments.models import CardUse, Decline, InboxEvent, Purchase
from payments.queries.reversals import left_cents

PAID = (PurchaseStatus.SETTLED, PurchaseStatus.QUARANTINED, PurchaseStatus.REFUNDED)


@dataclass(frozen=True, slots=True)
class Payment:
    """What whoever gives a payment back has to know. Amounts are in the currency's smallest unit."""

    account_id: uuid.UUID
    currency: str
    paid_cents: int
    left_cents: int


def payment_of(purchase_id: uuid.UUID) -> Payment:
    """How a purchase's payment stands.

    :raises PurchaseNotFound: `purchase_not_found`.
    """
    purchase = Purchase.objects.filter(id=purchase_id).first()
    if purchase is None:
        raise PurchaseNotFound
    paid = purchase.price_cents if purchase.paid_cents is None else purchase.paid_cents
    return Payment(purchase.wallet_account_id, purchase.currency, paid, left_cents(purchase))


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


def ids_of_charge(charge_id: str) -> list[uuid.UUID]:
    """The purchases that this charge of Stripe's paid, or tried to: a buyer's bank statement names no other id."""
    intents = InboxEvent.objects.filter(object_id=charge_id).exclude(payment_intent_id="")
    paid = Purchase.objects.filter(stripe_payment_intent_id__in=intents.values("payment_intent_id"))
    ids = paid.order_by().values_list("id")
    cards = CardUse.objects.filter(charge_id=charge_id).order_by().values_list("purchase_id")
    declines = Decline.objects.filter(charge_id=charge_id).order_by().values_list("purchase_id")
    return [purchase_id for (purchase_id,) in ids.union(cards, declines)]


def stuck(*, now: datetime) -> QuerySet[Purchase]:
    """The purchases of which nobody knows what became of them, though it is time.

    They are past their session's end, or a bank has been processing them for longer than banks do.
    """
    return Purchase.objects.filter(
        Q(status__in=PAYABLE, expires_at__lte=now - 2 * SWEEP_GRACE)
        | Q(status=PurchaseStatus.PROCESSING, processing_at__lte=now - PROCESSING_WAIT)
    )


def undecided(*, now: datetime) -> QuerySet[Purchase]:
    """The purchases that could have been decided by now: those past their session's end, and those at a bank."""
    return Purchase.objects.filter(
        Q(status__in=PAYABLE, expires_at__lte=now - SWEEP_GRACE) | Q(status=PurchaseStatus.PROCESSING)
    )


def to_ask_about(*, now: datetime) -> QuerySet[Purchase]:
    """The purchases whose turn it is to be asked about, those that were never asked about or longest ago first.

    A payment that a bank is processing is not overdue at its session's end: it is asked about at a calmer interval.
    """
    overdue = Q(status__in=PAYABLE, expires_at__lte=now - SWEEP_GRACE) & _not_asked_since(
        now - SWEEP_ASK_INTERVAL
    )
    processing = Q(
        status=PurchaseStatus.PROCESSING, processing_at__lte=now - PROCESSING_ASK_INTERVAL
    ) & _not_asked_since(now - PROCESSING_ASK_INTERVAL)
    return Purchase.objects.filter(overdue | processing).order_by(
        F("asked_stripe_at").asc(nulls_first=True), "expires_at"
    )


def _not_asked_since(moment: datetime) -> Q:
    return Q(asked_stripe_at=None) | Q(asked_stripe_at__lte=moment)


def stuck_count(*, now: datetime) -> int:
    """How many purchases are stuck."""
    return stuck(now=now).count()


def paid_by_intents(intent_ids: Collection[str]) -> dict[str, Purchase]:
    """The purchases that were paid with these payment intents, by intent; without those not decided yet."""
    ids = sorted(filter(None, intent_ids))
    found: dict[str, Purchase] = {}
    for start in range(0, len(ids), RECONCILE_CHUNK):
        some = Purchase.objects.filter(
            stripe_payment_intent_id__in=ids[start : start + RECONCILE_CHUNK], status__in=PAID
        )
        found |= {purchase.stripe_payment_intent_id: purchase for purchase in some}
    return found
