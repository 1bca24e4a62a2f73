"""What has moved our balance at Stripe is what we have recorded: revenue, fees, refunds and disputes."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from payments.gateways.stripe_lists import Movement, list_movements, retrieve_movement
from payments.gateways.stripe_refunds import retrieve_dispute, retrieve_refund
from payments.kinds import REFUNDED, PurchaseStatus
from payments.limits import CREDIT_GRACE, RECONCILE_CHUNK
from payments.models import Dispute, Purchase, Refund
from payments.queries.purchases import paid_by_intents
from payments.services.disputes import note_dispute
from payments.services.reconciliation.check import Check, Difference, Mend, Tally
from payments.services.reconciliation.scope import Scope
from payments.services.refunds import note_refund
from payments.services.sale_checks import note_fee
from security.kinds import Severity

_CHARGE, _REFUND, _REFUND_FAILURE = "charge", "refund", "refund_failure"
_TAKEN, _GIVEN_BACK = "dispute", "dispute_reversal"
_DISPUTES = (_TAKEN, _GIVEN_BACK)
_MISSING = "revenue_missing"


@dataclass(frozen=True, slots=True)
class _Books:
    """What we have recorded of the payments that some movements are about."""

    purchases: dict[str, Purchase]
    refunds: dict[str, Refund]
    disputes: dict[str, Dispute]


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """What is not about a payment of ours, such as a payout, is not ours to judge.

    What is young is no difference, and yet it says what was paid, and how a dispute stands.
    """
    movements = list_movements(since=scope.listed_since)
    tally.looked_at = len(movements)
    yield from scope.arrived(_differing(movements, scope))
    yield from _missing(scope, {each.payment_intent_id for each in movements if each.category == _CHARGE})


def _differing(movements: Collection[Movement], scope: Scope) -> Iterator[tuple[str, Difference]]:
    books = _books_of(movements)
    for movement in _standing(movements):
        if movement.created_at <= scope.arrived_by and (difference := _judge(movement, books)):
            yield movement.source_id, difference


def _standing(movements: Iterable[Movement]) -> Iterator[Movement]:
    """These, the newest first, but of each dispute only the last: it says how the dispute stands."""
    disputes = set[str]()
    for movement in movements:
        if movement.source_id not in disputes:
            yield movement
        if movement.category in _DISPUTES:
            disputes.add(movement.source_id)


def _books_of(movements: Collection[Movement]) -> _Books:
    ids = [each.source_id for each in movements if each.category != _CHARGE]
    return _Books(
        paid_by_intents({each.payment_intent_id for each in movements}),
        Refund.objects.in_bulk(ids, field_name="stripe_refund_id"),
        Dispute.objects.in_bulk(ids, field_name="stripe_dispute_id"),
    )


def _judge(movement: Movement, books: _Books) -> Difference | None:
    purchase = books.purchases.get(movement.payment_intent_id)
    if purchase is None:
        return None
    if movement.category == _CHARGE:
        return _judge_charge(movement, purchase)
    if movement.category in (_REFUND, _REFUND_FAILURE):
        return _judge_refund(movement, purchase, books.refunds.get(movement.source_id))
    if movement.category in _DISPUTES:
        return _judge_dispute(movement, purchase, books.disputes.get(movement.source_id))
    return None


def _judge_charge(movement: Movement, purchase: Purchase) -> Difference | None:
    paid = purchase.paid_cents if purchase.paid_cents is not None else purchase.price_cents
    if (movement.source_cents, movement.source_currency) != (paid, purchase.currency):
        words = (
            f"is {movement.source_cents} {movement.source_currency}; recorded are {paid} {purchase.currency}"
        )
        return _difference("revenue_differs", movement, purchase, words, abs(movement.source_cents - paid))
    fee = purchase.fee_cents
    if fee is None or movement.currency != purchase.currency or fee == movement.fee_cents:
        return None

    def mend(_now: datetime) -> bool:
        note_fee(purchase_id=purchase.id, fee_cents=movement.fee_cents)
        return True

    words = f"cost {movement.fee_cents}; recorded are {fee}"
    return _difference("fee_differs", movement, purchase, words, abs(fee - movement.fee_cents), mend)


def _judge_refund(movement: Movement, purchase: Purchase, refund: Refund | None) -> Difference | None:
    """A refund whose money came back has failed, or was canceled."""

    def mend(now: datetime) -> bool:
        note_refund(facts=retrieve_refund(movement.source_id), now=now)
        return True

    cents = movement.source_cents
    if refund is None:
        words = f"of {cents} for {movement.source_id} is not recorded"
        return _difference("refund_not_recorded", movement, purchase, words, cents, mend)
    if refund.amount_cents != cents:
        words = f"of {cents} for {movement.source_id}; recorded are {refund.amount_cents}"
        return _difference("refund_differs", movement, purchase, words, abs(cents - refund.amount_cents))
    if movement.category == _REFUND_FAILURE and refund.status in REFUNDED:
        words = f"{movement.source_id} came back; recorded as {refund.status}"
        return _difference("refund_failure_not_recorded", movement, purchase, words, cents, mend)
    return None


def _judge_dispute(movement: Movement, purchase: Purchase, dispute: Dispute | None) -> Difference | None:
    is_taken = movement.category == _TAKEN
    if dispute and dispute.is_withheld == is_taken:
        return None

    def mend(now: datetime) -> bool:
        facts = retrieve_dispute(movement.source_id)
        note_dispute(facts=facts, now=now)
        noted = Dispute.objects.filter(stripe_dispute_id=movement.source_id)
        return noted.filter(is_withheld=facts.is_withheld).exists()

    words = f"{movement.source_id} is {'taken' if is_taken else 'given back'}, and not recorded so"
    return _difference("dispute_not_recorded", movement, purchase, words, abs(movement.amount_cents), mend)


def _difference(
    kind: str, movement: Movement, purchase: Purchase, words: str, cents: int, mend: Mend | None = None
) -> Difference:
    return Difference(
        kind,
        movement.movement_id,
        words,
        Severity.LOW if kind == "fee_differs" else Severity.HIGH,
        cents=cents,
        currency=movement.source_currency[:3],
        purchase_id=purchase.id,
        about_at=movement.created_at,
        mend=mend,
    )


def _missing(scope: Scope, charged: Collection[str]) -> Iterator[Difference]:
    """Each credited purchase has brought money in."""
    credited = Purchase.objects.filter(
        status=PurchaseStatus.SETTLED,
        started_at__gte=scope.since,
        settled_at__lte=scope.now - 2 * CREDIT_GRACE,
    )
    for purchase in credited.iterator(chunk_size=RECONCILE_CHUNK):
        if purchase.stripe_payment_intent_id not in charged:
            yield Difference(
                _MISSING,
                str(purchase.id),
                f"was credited, and {purchase.stripe_payment_intent_id} has brought nothing in",
                Severity.CRITICAL,
                purchase.total_tokens,
                purchase.price_cents,
                purchase.currency,
                purchase_id=purchase.id,
                about_at=purchase.started_at,
            )


def _look(_kind: str, subject: str, _now: datetime) -> Difference | None:
    """A dispute may have moved again since: Stripe is asked how it stands."""
    movement = retrieve_movement(subject)
    if movement.category in _DISPUTES:
        is_taken = retrieve_dispute(movement.source_id).is_withheld
        movement = replace(movement, category=_TAKEN if is_taken else _GIVEN_BACK)
    return _judge(movement, _books_of([movement]))


CHECK = Check(
    "balance", "Stripe's balance has moved as we have recorded: revenue, fees, refunds", _find, _look
)
