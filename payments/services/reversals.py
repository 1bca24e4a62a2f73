"""Brings a purchase's tokens to where its payment stands: the one function behind refunds and disputes.

What Stripe tells is kept as rows; the target is computed from all of them under the purchase's lock, so that repeats
change nothing and any order leads to the same end.
"""

import logging
import uuid
from datetime import datetime

from django.db import transaction

from payments.errors import PaymentNotSettled, PurchaseNotFound
from payments.kinds import Outcome, PurchaseStatus
from payments.models import Purchase
from payments.queries.purchases import PAID
from payments.queries.reversals import stand_of
from payments.rules.reversal import is_withheld, refunded_cents, reversal_state, target_tokens
from tokens.kinds import EntryType
from tokens.services.reversals import reverse_to

logger = logging.getLogger(__name__)


def lock_payment(payment_intent_id: str) -> Purchase:
    """The purchase that was paid with this intent, locked until the caller's transaction ends.

    :raises PaymentNotSettled: `payment_not_settled`: it is not known, or not decided yet.
    """
    purchases = Purchase.objects.select_for_update(of=("self",)).filter(
        stripe_payment_intent_id=payment_intent_id
    )
    purchase = purchases.first() if payment_intent_id else None
    if purchase is None or purchase.status not in PAID:
        raise PaymentNotSettled
    return purchase


def lock_purchase(purchase_id: uuid.UUID) -> Purchase:
    """The purchase, locked until the caller's transaction ends. It is locked before its wallet.

    :raises PurchaseNotFound: `purchase_not_found`.
    """
    purchase = Purchase.objects.select_for_update(of=("self",)).filter(id=purchase_id).first()
    if purchase is None:
        raise PurchaseNotFound
    return purchase


def apply(*, purchase: Purchase, cause: EntryType, reference: str, now: datetime) -> Outcome:
    """Take tokens back, or give them back, until as many are reversed as the payment's stand asks for.

    A quarantined purchase has none, and ends when all of its payment has gone back. The purchase is locked.

    :param cause: the type of the entry, should one be needed; `reference` names the refund or dispute behind it
    """
    payment = stand_of(purchase)
    outcome = Outcome.UNCHANGED
    fields: dict[str, object] = {"reversal": reversal_state(payment)}
    if purchase.status == PurchaseStatus.SETTLED:
        outcome = _reverse(purchase, target_tokens(payment), cause, reference, now)
    elif purchase.status == PurchaseStatus.QUARANTINED and 0 < payment.paid_cents <= refunded_cents(payment):
        fields["status"] = PurchaseStatus.REFUNDED
        outcome = Outcome.REVERSED
    Purchase.objects.filter(id=purchase.id).update(**fields)
    return outcome


def restore_stand(*, purchase_id: uuid.UUID, now: datetime) -> Outcome:
    """Bring a purchase's tokens to where its payment stands by the rows we have, should they not be there.

    Reconciliation's repair: no refund or dispute is told, so that the entry names the purchase itself.

    :raises PurchaseNotFound: `purchase_not_found`.
    """
    with transaction.atomic():
        purchase = lock_purchase(purchase_id)
        is_disputed = any(is_withheld(dispute) for dispute in stand_of(purchase).disputes)
        cause = EntryType.DISPUTE if is_disputed else EntryType.REFUND
        return apply(purchase=purchase, cause=cause, reference=f"reconciliation:{purchase_id}", now=now)


def _reverse(purchase: Purchase, target: int, cause: EntryType, reference: str, now: datetime) -> Outcome:
    reversal = reverse_to(
        purchase_id=purchase.id, target_tokens=target, cause=cause, reference=reference, now=now
    )
    if reversal.entry_id is None:
        return Outcome.UNCHANGED
    facts = {
        "purchase_id": str(purchase.id),
        "entry_id": str(reversal.entry_id),
        "reference": reference,
        "tokens_before": reversal.was_reversed,
        "tokens": reversal.reversed_tokens,
    }
    logger.info("refund.applied", extra=facts)
    is_taken = reversal.reversed_tokens > reversal.was_reversed
    return Outcome.REVERSED if is_taken else Outcome.GIVEN_BACK


def alert_subject(purchase: Purchase) -> dict[str, str]:
    """What an alert about a payment that goes back is about: codes and ids."""
    return {
        "purchase_id": str(purchase.id),
        "user_id": str(purchase.buyer_id),
        "stripe_payment_intent_id": purchase.stripe_payment_intent_id,
    }
