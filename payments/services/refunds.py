"""Refunds: what Stripe tells of them, and giving payments back ourselves."""

import logging
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from foundation.errors import IdempotencyKeyReused, Refusal
from identity.kinds import Actor
from payments.errors import (
    PurchaseNotFound,
    RefundNotPossible,
    RefundRefused,
    RefundTooLarge,
    StripeRefused,
)
from payments.gateways import stripe_refunds
from payments.kinds import (
    REFUND_RANKS,
    REFUNDED,
    Outcome,
    RefundFacts,
    RefundReason,
    RefundStatus,
)
from payments.limits import REFUND_BATCH_MAX, REFUND_RETRY_INTERVAL, REFUND_RETRY_WINDOW
from payments.models import Purchase, Refund
from payments.queries.reversals import left_cents, stand_of
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


def start_refund(
    *,
    purchase_id: uuid.UUID,
    amount_cents: int | None,
    reason: RefundReason,
    note: str,
    idempotency_key: str,
    actor: Actor,
    now: datetime,
) -> Refund:
    """Give a purchase's payment back, whole where no amount is named: our row first, then Stripe.

    The same key gives the same refund again, and has Stripe asked again where its answer was lost. One that has ended
    without being made stays so: what was left of the payment then may have gone back since, or be disputed.

    :param note: why, in the words of who asks for it
    :raises PurchaseNotFound: `purchase_not_found`.
    :raises RefundNotPossible: `refund_not_possible`: nothing was paid, or the payment is disputed.
    :raises RefundTooLarge: `refund_too_large`, with `left_cents`.
    :raises IdempotencyKeyReused: `idempotency_key_reused`: the key stands for another refund.
    :raises RefundRefused: `refund_refused`, by Stripe.
    :raises PaymentsUnavailable: `payments_unavailable`: the sweep asks Stripe again.
    """
    with transaction.atomic():
        purchase = Purchase.objects.select_for_update().filter(id=purchase_id).first()
        if purchase is None:
            raise PurchaseNotFound
        refund = Refund.objects.filter(idempotency_key=idempotency_key).first()
        if refund is None:
            refund = _request(purchase, amount_cents, reason, note, idempotency_key, actor, now)
        elif refund.purchase_id != purchase.id or amount_cents not in (None, refund.amount_cents):
            raise IdempotencyKeyReused
    if refund.stripe_refund_id:
        return refund
    if refund.status == RefundStatus.FAILED:
        raise RefundRefused(stripe_code=refund.failure_reason)
    return _ask_stripe(refund, now)


def retry_requested_refunds(*, now: datetime) -> int:
    """Ask Stripe again for refunds whose answer was lost; answer how many were looked at.

    Stripe keeps our key for a day. What it has made by then it has told, so what is still unanswered was never made.
    """
    asked_before = Q(asked_stripe_at=None) | Q(asked_stripe_at__lte=now - REFUND_RETRY_INTERVAL)
    due = Refund.objects.filter(asked_before, status=RefundStatus.REQUESTED).select_related("purchase")
    refunds = list(due.order_by("created_at")[:REFUND_BATCH_MAX])
    for refund in refunds:
        if refund.created_at <= now - REFUND_RETRY_WINDOW:
            _give_up(refund, NOT_ANSWERED, now)
            continue
        try:
            _ask_stripe(refund, now)
        except Refusal as error:  # one refund's trouble keeps no other from its turn
            logger.warning("refund.ask_failed", extra={"refund_id": str(refund.id), "code": error.code})
    return len(refunds)


def _request(
    purchase: Purchase,
    amount_cents: int | None,
    reason: RefundReason,
    note: str,
    idempotency_key: str,
    actor: Actor,
    now: datetime,
) -> Refund:
    left = left_cents(purchase)
    if left == 0:
        raise RefundNotPossible
    amount_cents = left if amount_cents is None else amount_cents
    if not 0 < amount_cents <= left:
        raise RefundTooLarge(left_cents=left)
    refund = Refund.objects.create(
        purchase=purchase,
        amount_cents=amount_cents,
        currency=purchase.currency,
        status=RefundStatus.REQUESTED,
        reason=reason,
        idempotency_key=idempotency_key,
        requested_by=actor.id,
        note=note,
        created_at=now,
    )
    facts = {"refund_id": str(refund.id), "purchase_id": str(purchase.id), "actor": actor.id}
    logger.info("refund.requested", extra={**facts, "amount_cents": amount_cents})
    return refund


def _ask_stripe(refund: Refund, now: datetime) -> Refund:
    """Have Stripe make the refund, and note its answer as the webhook does, which may have come before it."""
    Refund.objects.filter(id=refund.id).update(asked_stripe_at=now)
    try:
        facts = stripe_refunds.create_refund(
            refund_id=refund.id,
            purchase_id=refund.purchase_id,
            payment_intent_id=refund.purchase.stripe_payment_intent_id,
            amount_cents=refund.amount_cents,
            reason=refund.reason,
        )
    except StripeRefused as error:
        code = str(error.members["stripe_code"])
        _give_up(refund, code, now)
        raise RefundRefused(stripe_code=code) from error
    note_refund(facts=facts, now=now)
    refund.refresh_from_db()
    return refund


def _give_up(refund: Refund, code: str, now: datetime) -> None:
    """End a refund that Stripe has not made; should it tell otherwise after all, its word counts."""
    requested = Refund.objects.filter(id=refund.id, status=RefundStatus.REQUESTED)
    requested.update(status=RefundStatus.FAILED, failure_reason=code[:64], ended_at=now)


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
