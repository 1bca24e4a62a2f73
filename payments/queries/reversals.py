"""Reads how a purchase's payment stands: what has gone back of it, and what could."""

from dataclasses import replace

from payments.kinds import UNDECIDED, DisputeStatus, PurchaseStatus, RefundStatus
from payments.models import Dispute, Purchase
from payments.rules.reversal import DisputeStand, PaymentStand, RefundStand, refunded_cents, target_tokens

_REFUNDABLE = (PurchaseStatus.SETTLED, PurchaseStatus.QUARANTINED)


def stand_of(purchase: Purchase) -> PaymentStand:
    """What is known of the purchase's payment now. Refunds that Stripe never made say nothing about it."""
    return PaymentStand(
        total_tokens=purchase.total_tokens,
        paid_cents=purchase.price_cents if purchase.paid_cents is None else purchase.paid_cents,
        charge_refunded_cents=purchase.charge_refunded_cents,
        refunds=[
            RefundStand(RefundStatus(refund.status), refund.amount_cents)
            for refund in purchase.refunds.all()
            if refund.stripe_refund_id or refund.status == RefundStatus.REQUESTED
        ],
        disputes=[stand_of_dispute(purchase, dispute) for dispute in purchase.disputes.all()],
    )


def stand_of_dispute(purchase: Purchase, dispute: Dispute) -> DisputeStand:
    """What is known of one dispute of the purchase's payment now."""
    return DisputeStand(
        status=DisputeStatus(dispute.status),
        amount_cents=dispute.amount_cents if dispute.currency == purchase.currency else None,
        movements=dispute.movements,
        is_withheld=dispute.is_withheld,
    )


def returned_cents(purchase: Purchase) -> int:
    """How much of the purchase's payment was given back to its buyer, or is on its way."""
    payment = stand_of(purchase)
    return min(refunded_cents(payment), payment.paid_cents)


def reversed_tokens(purchase: Purchase) -> int:
    """How many of the purchase's tokens were taken back for it."""
    return target_tokens(stand_of(purchase)) if purchase.status == PurchaseStatus.SETTLED else 0


def target_after(purchase: Purchase, amount_cents: int) -> int:
    """How many of the purchase's tokens were to be back at the house, were so much more of its payment given back."""
    payment = stand_of(purchase)
    more = RefundStand(RefundStatus.SUCCEEDED, amount_cents)
    # What the charge tells beyond its refunds is none of this one's.
    known = payment.charge_refunded_cents + amount_cents if payment.charge_refunded_cents else 0
    return target_tokens(replace(payment, refunds=[*payment.refunds, more], charge_refunded_cents=known))


def left_cents(purchase: Purchase) -> int:
    """How much of the purchase's payment could still be given back; 0 where none can be."""
    if purchase.status not in _REFUNDABLE or not purchase.stripe_payment_intent_id:
        return 0
    statuses = {dispute.status for dispute in purchase.disputes.all()}
    if statuses & {*UNDECIDED, DisputeStatus.LOST}:
        return 0
    payment = stand_of(purchase)
    requested = sum(
        refund.amount_cents for refund in payment.refunds if refund.status == RefundStatus.REQUESTED
    )
    return max(0, payment.paid_cents - refunded_cents(payment) - requested)
