"""Giving payments back ourselves: our row first, then Stripe, whose answer and webhook meet that row."""

import logging
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum

from foundation.errors import IdempotencyKeyReused, Refusal
from foundation.money import decimals_of
from identity.kinds import Actor, Right
from identity.services import audit, four_eyes
from payments.errors import (
    RefundNotFound,
    RefundNotPossible,
    RefundRefused,
    RefundTooLarge,
    StripeRefused,
)
from payments.gateways import stripe_refunds
from payments.kinds import PurchaseStatus, RefundReason, RefundStatus
from payments.limits import (
    REFUND_ALONE_MAX,
    REFUND_BATCH_MAX,
    REFUND_RETRY_INTERVAL,
    REFUND_RETRY_WINDOW,
)
from payments.models import Purchase, Refund
from payments.queries.reversals import left_cents, target_after
from payments.services.refunds import note_refund
from payments.services.reversals import lock_purchase
from tokens.kinds import EntryType
from tokens.services.reversals import reverse_to

logger = logging.getLogger(__name__)

NOT_ANSWERED = "not_answered"


def request_refund(
    *,
    purchase_id: uuid.UUID,
    amount_cents: int | None,
    reason: RefundReason,
    note: str,
    idempotency_key: str,
    actor: Actor,
    now: datetime,
    checker: Actor | None = None,
) -> Refund:
    """Write down that a payment is to be given back; a sweep asks Stripe if nobody does so first.

    The same key gives the same refund again. One person gives back no more of a purchase than `REFUND_ALONE_MAX`
    without a `checker`. Joins the caller's transaction, and locks the purchase.

    :param note: why, in the words of who asks for it
    :raises PurchaseNotFound: `purchase_not_found`.
    :raises RefundNotPossible: `refund_not_possible`: nothing was paid, or the payment is disputed.
    :raises RefundTooLarge: `refund_too_large`, with `left_cents`.
    :raises IdempotencyKeyReused: `idempotency_key_reused`: the key stands for another refund.
    :raises ActionNotAllowed: `action_not_allowed`; MakerIsChecker: `maker_is_checker`.
    :raises ApprovalNeeded: `approval_needed`: it is for two people to do.
    """
    four_eyes.require_right(
        maker=actor, checker=checker, alone=Right.REFUND_PURCHASE, proposing=Right.PROPOSE_REFUND
    )
    with transaction.atomic():
        purchase = lock_purchase(purchase_id)
        refund = Refund.objects.filter(idempotency_key=idempotency_key).first()
        if refund is None:
            refund = _request(purchase, amount_cents, reason, note, idempotency_key, actor, checker, now)
        elif refund.purchase_id != purchase.id or amount_cents not in (None, refund.amount_cents):
            raise IdempotencyKeyReused
    return refund


def send_refund(*, idempotency_key: str, now: datetime) -> Refund:
    """Have Stripe make a refund that was requested; again where its answer was lost.

    One that has ended without being made stays so: what was left of the payment then may have gone back since, or be
    disputed. Never within a transaction: Stripe takes its time.

    :raises RefundNotFound: `refund_not_found`.
    :raises RefundRefused: `refund_refused`, by Stripe.
    :raises PaymentsUnavailable: `payments_unavailable`: the sweep asks Stripe again.
    """
    refund = refund_by_key(idempotency_key)
    if refund.stripe_refund_id:
        return refund
    if refund.status == RefundStatus.FAILED:
        raise RefundRefused(stripe_code=refund.failure_reason)
    return _ask_stripe(refund, now)


def refund_by_key(idempotency_key: str) -> Refund:
    """The refund that was requested under this key.

    :raises RefundNotFound: `refund_not_found`.
    """
    refund = Refund.objects.select_related("purchase").filter(idempotency_key=idempotency_key).first()
    if refund is None:
        raise RefundNotFound
    return refund


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


def take_back_as_if(*, purchase_id: uuid.UUID, amount_cents: int, now: datetime) -> None:
    """Take the tokens that a refund would take, had Stripe made it: for a transaction that is rolled back.

    :raises RefundNotPossible: `refund_not_possible`.
    :raises RefundTooLarge: `refund_too_large`, with `left_cents`.
    """
    purchase = lock_purchase(purchase_id)
    _amount_of(purchase, amount_cents)
    if purchase.status == PurchaseStatus.SETTLED:
        reverse_to(
            purchase_id=purchase.id,
            target_tokens=target_after(purchase, amount_cents),
            cause=EntryType.REFUND,
            reference="refund:rehearsal",
            now=now,
        )


def _request(
    purchase: Purchase,
    amount_cents: int | None,
    reason: RefundReason,
    note: str,
    idempotency_key: str,
    actor: Actor,
    checker: Actor | None,
    now: datetime,
) -> Refund:
    refund = Refund.objects.create(
        purchase=purchase,
        amount_cents=_amount_of(purchase, amount_cents),
        currency=purchase.currency,
        status=RefundStatus.REQUESTED,
        reason=reason,
        idempotency_key=idempotency_key,
        requested_by=actor.id,
        checked_by=checker.id if checker else "",
        note=note,
        created_at=now,
    )
    _require_small(purchase, checker)
    facts = {"refund_id": str(refund.id), "purchase_id": str(purchase.id), "actor": actor.id}
    told = {**facts, "amount_cents": refund.amount_cents}
    transaction.on_commit(lambda: logger.info("refund.requested", extra=told), robust=True)
    audit.record(
        actor=actor,
        action="purchase.refund",
        subject_kind="purchase",
        subject_id=purchase.id,
        reason=note,
        facts={
            "refund_id": refund.id,
            "amount_cents": refund.amount_cents,
            "currency": refund.currency,
            "checked_by": refund.checked_by,
        },
        now=now,
    )
    return refund


def _amount_of(purchase: Purchase, amount_cents: int | None) -> int:
    left = left_cents(purchase)
    if left == 0:
        raise RefundNotPossible
    wanted = left if amount_cents is None else amount_cents
    if not 0 < wanted <= left:
        raise RefundTooLarge(left_cents=left)
    return wanted


def _require_small(purchase: Purchase, checker: Actor | None) -> None:
    """One person gives back so much of a purchase, in however many refunds. The purchase is locked."""
    alone = Refund.objects.filter(purchase=purchase, checked_by="").exclude(requested_by="")
    given = alone.exclude(status__in=(RefundStatus.FAILED, RefundStatus.CANCELED))
    cents = given.aggregate(sum=Sum("amount_cents", default=0))["sum"]
    four_eyes.require_small(
        checker=checker,
        amount=-(-cents // 10 ** decimals_of(purchase.currency)),  # rounded up
        alone_max=REFUND_ALONE_MAX,
        unit=f"{purchase.currency.upper()} given back of this purchase",
    )


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
