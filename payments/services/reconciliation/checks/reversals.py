"""Refunds and disputes are here as Stripe has them, and as many tokens are reversed as they ask for."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from payments.gateways.stripe_lists import list_disputes, list_refunds
from payments.gateways.stripe_refunds import retrieve_dispute, retrieve_refund
from payments.kinds import (
    DISPUTE_RANKS,
    REFUND_RANKS,
    REFUNDED,
    DisputeFacts,
    DisputeStatus,
    RefundFacts,
    RefundStatus,
)
from payments.models import Dispute, Purchase, Refund
from payments.queries.integrity import Mismatch, reversal_mismatches
from payments.queries.purchases import paid_by_intents
from payments.services.disputes import note_dispute
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope
from payments.services.refunds import note_refund
from payments.services.reversals import restore_stand
from security.kinds import Severity

_REVERSED, _REFUND_GONE, _DISPUTE_GONE = "reversal_differs", "refund_not_at_stripe", "dispute_not_at_stripe"


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """What belongs to no payment of ours is somebody else's."""
    refunds, disputes = list_refunds(since=scope.listed_since), list_disputes(since=scope.listed_since)
    purchases = paid_by_intents(
        {each.payment_intent_id for each in refunds} | {each.payment_intent_id for each in disputes}
    )
    tally.looked_at = len(refunds) + len(disputes)
    yield from scope.arrived(
        chain(_refunds(refunds, purchases, scope), _disputes(disputes, purchases, scope))
    )
    yield from map(_reversed, reversal_mismatches())


def _refunds(
    listed: list[RefundFacts], purchases: dict[str, Purchase], scope: Scope
) -> Iterator[tuple[str, Difference]]:
    known = Refund.objects.select_related("purchase").in_bulk(
        [each.stripe_refund_id for each in listed], field_name="stripe_refund_id"
    )
    for facts in listed:
        purchase, row = purchases.get(facts.payment_intent_id), known.get(facts.stripe_refund_id)
        if purchase and (difference := _judge_refund(purchase, row, facts, scope.now)):
            yield facts.stripe_refund_id, difference
    told = {each.stripe_refund_id for each in listed}
    ours = Refund.objects.filter(stripe_refund_id__isnull=False, created_at__gte=scope.since)
    ours = ours.filter(created_at__lte=scope.arrived_by).exclude(asked_stripe_at__gt=scope.arrived_by)
    for row in ours.select_related("purchase"):
        if row.stripe_refund_id not in told:
            yield str(row.stripe_refund_id), _refund_gone(row)


def _judge_refund(
    purchase: Purchase, row: Refund | None, facts: RefundFacts, now: datetime
) -> Difference | None:
    if row is None:
        return _refund(
            purchase, facts, "refund_unknown", f"of {facts.amount_cents} is not here", is_safe=True
        )
    if (row.amount_cents, row.currency) != (facts.amount_cents, facts.currency):
        words = f"is of {row.amount_cents} here and of {facts.amount_cents} at Stripe"
        return _refund(purchase, facts, "refund_amount_differs", words)
    ours, theirs = RefundStatus(row.status), facts.status
    words = f"is {ours} here and {theirs} at Stripe"
    if REFUND_RANKS[ours] < REFUND_RANKS[theirs]:
        return _refund(purchase, facts, "refund_behind", words, is_safe=True)
    has_ended = row.ended_at is not None and row.ended_at <= now
    if has_ended and ours not in REFUNDED and ours is not theirs:
        return _refund(purchase, facts, "refund_status_differs", words)
    return None


def _refund(
    purchase: Purchase, facts: RefundFacts, kind: str, words: str, *, is_safe: bool = False
) -> Difference:
    def mend(now: datetime) -> bool:
        note_refund(facts=facts, now=now)
        return True

    return Difference(
        kind,
        facts.stripe_refund_id,
        words,
        cents=facts.amount_cents,
        currency=facts.currency,
        tokens=_share(purchase, facts.amount_cents),
        purchase_id=purchase.id,
        about_at=facts.created_at,
        mend=mend if is_safe else None,
    )


def _refund_gone(row: Refund) -> Difference:
    return Difference(
        _REFUND_GONE,
        str(row.stripe_refund_id),
        f"is {row.status} here, and Stripe has no such refund",
        cents=row.amount_cents,
        currency=row.currency,
        tokens=_share(row.purchase, row.amount_cents),
        purchase_id=row.purchase_id,
        about_at=row.created_at,
    )


def _disputes(
    listed: list[DisputeFacts], purchases: dict[str, Purchase], scope: Scope
) -> Iterator[tuple[str, Difference]]:
    known = Dispute.objects.in_bulk(
        [each.stripe_dispute_id for each in listed], field_name="stripe_dispute_id"
    )
    for facts in listed:
        purchase, row = purchases.get(facts.payment_intent_id), known.get(facts.stripe_dispute_id)
        if purchase and (difference := _judge_dispute(purchase, row, facts)):
            yield facts.stripe_dispute_id, difference
    told = {each.stripe_dispute_id for each in listed}
    ours = Dispute.objects.filter(opened_at__gte=scope.since, opened_at__lte=scope.arrived_by)
    for row in ours:
        if row.stripe_dispute_id not in told:
            yield row.stripe_dispute_id, _dispute_gone(row)


def _judge_dispute(purchase: Purchase, row: Dispute | None, facts: DisputeFacts) -> Difference | None:
    if row is None:
        return _dispute(purchase, facts, "dispute_unknown", f"of {facts.amount_cents} is not here")
    is_behind = DISPUTE_RANKS[DisputeStatus(row.status)] < DISPUTE_RANKS[facts.status]
    if is_behind or row.movements < facts.movements:
        words = f"is {row.status} here with {row.movements} movements, {facts.status} at Stripe with {facts.movements}"
        return _dispute(purchase, facts, "dispute_behind", words)
    return None


def _dispute(purchase: Purchase, facts: DisputeFacts, kind: str, words: str) -> Difference:
    def mend(now: datetime) -> bool:
        note_dispute(facts=facts, now=now)
        return True

    return Difference(
        kind,
        facts.stripe_dispute_id,
        words,
        cents=facts.amount_cents,
        currency=facts.currency,
        tokens=_share(purchase, facts.amount_cents),
        purchase_id=purchase.id,
        about_at=facts.created_at,
        mend=mend,
    )


def _dispute_gone(row: Dispute) -> Difference:
    return Difference(
        _DISPUTE_GONE,
        row.stripe_dispute_id,
        f"is {row.status} here, and Stripe has no such dispute",
        cents=row.amount_cents,
        currency=row.currency,
        purchase_id=row.purchase_id,
        about_at=row.opened_at,
    )


def _share(purchase: Purchase, cents: int) -> int:
    """How many of the purchase's tokens so much of its payment is worth."""
    return min(purchase.total_tokens, purchase.total_tokens * cents // max(purchase.paid_cents or 0, 1))


def _reversed(mismatch: Mismatch) -> Difference:
    def mend(now: datetime) -> bool:
        restore_stand(purchase_id=mismatch.purchase_id, now=now)
        return not reversal_mismatches(mismatch.purchase_id)

    return Difference(
        _REVERSED,
        str(mismatch.purchase_id),
        str(mismatch),
        Severity.CRITICAL,
        mismatch.tokens,
        purchase_id=mismatch.purchase_id,
        mend=mend,
    )


def _look(kind: str, subject: str, now: datetime) -> Difference | None:
    if kind == _REVERSED:
        return next(map(_reversed, reversal_mismatches(uuid.UUID(subject))), None)
    if kind.startswith("refund"):
        refund = retrieve_refund(subject)
        purchase = paid_by_intents({refund.payment_intent_id})[refund.payment_intent_id]
        return _judge_refund(purchase, Refund.objects.filter(stripe_refund_id=subject).first(), refund, now)
    dispute = retrieve_dispute(subject)
    purchase = paid_by_intents({dispute.payment_intent_id})[dispute.payment_intent_id]
    return _judge_dispute(purchase, Dispute.objects.filter(stripe_dispute_id=subject).first(), dispute)


CHECK = Check("reversals", "refunds and disputes are as Stripe has them, and the tokens follow", _find, _look)
