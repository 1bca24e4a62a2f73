"""Refunds: what Stripe tells of them, and giving payments back ourselves."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from payments.kinds import (
    REFUND_RANKS,
    REFUNDED,
    Outcome,
    RefundFacts,
    RefundStatus,
)
from payments.models import Purchase, Refund
from payments.queries.reversals import stand_of
from payments.rules.reversal import refunded_cents
from payments.services import reversals
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert
from tokens.kinds import EntryType

logger = logging.getLogger(__name__)

NOT_ANSWERED = "not_answered"


def note_refund(*, facts: RefundFacts, now: datetime) -> Outcome:
    """Keep what Stripe says of a refund, and reverse as many tokens as the payment's stand asks for.

    One that was started here meets its row. Joins the caller's transaction.

    :raises PaymentNotSettled: `payment_not_settled`.
    """
    with transaction.atomic(savepoint=False):
        purchase = reversals.lock_payment(facts.payment_intent_id)
        has_failed = _record(purchase, facts, now)
        reference = f"refund:{facts.stripe_refund_id}"
        outcome = reversals.apply(purchase=purchase, cause=EntryType.REFUND, reference=reference, now=now)
        if has_failed:
            _alert_failed(purchase, facts, now)
        else:
            _alert_excess(purchase, now)
    return outcome


def note_charge_refunded(*, payment_intent_id: str, amount_cents: int, now: datetime) -> Outcome:
    """Keep how much Stripe says was refunded of a charge: refunds that were not told themselves yet are in it.

    :raises PaymentNotSettled: `payment_not_settled`.
    """
    with transaction.atomic(savepoint=False):
        purchase = reversals.lock_payment(payment_intent_id)
        Purchase.objects.filter(id=purchase.id).update(
            charge_refunded_cents=Greatest("charge_refunded_cents", amount_cents)
        )
        purchase.refresh_from_db(fields=["charge_refunded_cents"])
        reference = f"charge:{payment_intent_id}"
        outcome = reversals.apply(purchase=purchase, cause=EntryType.REFUND, reference=reference, now=now)
        _alert_excess(purchase, now)
    return outcome


def _record(purchase: Purchase, facts: RefundFacts, now: datetime) -> bool:
    """Create the refund's row, or move it on; answer whether it has failed just now. The purchase is locked."""
    known = Refund.objects.filter(purchase=purchase)
    ours = Q(id=facts.refund_id, stripe_refund_id=None) if facts.refund_id else Q(pk__in=[])
    refund = known.filter(Q(stripe_refund_id=facts.stripe_refund_id) | ours).first()
    if refund is None:
        refund = Refund(purchase=purchase, created_at=facts.created_at, status=RefundStatus.REQUESTED)
    told_before = RefundStatus(refund.status) if refund.stripe_refund_id else RefundStatus.REQUESTED
    if refund.stripe_refund_id and REFUND_RANKS[facts.status] <= REFUND_RANKS[told_before]:
        return False
    refund.stripe_refund_id = facts.stripe_refund_id
    refund.amount_cents, refund.currency = facts.amount_cents, facts.currency
    refund.status, refund.failure_reason = facts.status, facts.failure_reason
    refund.reason = refund.reason or facts.reason
    refund.ended_at = None if facts.status in REFUNDED else now
    refund.save()
    return facts.status == RefundStatus.FAILED


def _alert_excess(purchase: Purchase, now: datetime) -> None:
    """No more is reversed than was bought; why more money went back than came in, a person has to find out."""
    payment = stand_of(purchase)
    refunded = refunded_cents(payment)
    if refunded <= payment.paid_cents:
        return
    raise_alert(
        kind=AlertKind.REFUND_EXCEEDS_PAYMENT,
        severity=Severity.HIGH,
        dedup_key=str(purchase.id),
        summary="More was refunded than was paid: the excess takes no tokens, and somebody has to look.",
        subject={
            **reversals.alert_subject(purchase),
            "paid_cents": str(payment.paid_cents),
            "refunded_cents": str(refunded),
        },
        now=now,
        total=1,
    )


def _alert_failed(purchase: Purchase, facts: RefundFacts, now: datetime) -> None:
    """The tokens are back with the buyer, and the money with us, which is not what anybody wanted."""
    raise_alert(
        kind=AlertKind.REFUND_FAILED,
        severity=Severity.MEDIUM,
        dedup_key=facts.stripe_refund_id,
        summary="A refund did not reach its buyer's bank: its tokens were given back, and the money is owed.",
        subject={
            **reversals.alert_subject(purchase),
            "stripe_refund_id": facts.stripe_refund_id,
            "code": facts.failure_reason,
        },
        now=now,
        total=1,
    )
