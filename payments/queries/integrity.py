"""What must be true between purchases and the ledger.

Each settled purchase has one credit, and each credit one settled purchase; of each, as many tokens are reversed as its
payment's stand asks for.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from payments.kinds import PurchaseStatus, ReversalState
from payments.limits import INTEGRITY_CHUNK
from payments.models import Purchase
from payments.queries.reversals import stand_of
from payments.rules.reversal import PaymentStand, refunded_cents, reversal_state, target_tokens

# Both directions in one statement; the ledger's own rules are checked by tokens.queries.integrity.
_MISMATCHES = """
SELECT coalesce(p.id, e.purchase_id)::text AS purchase, p.status, e.id::text AS entry
FROM (SELECT * FROM payments_purchase WHERE status = 'settled' OR entry_id IS NOT NULL) p
FULL JOIN (SELECT * FROM tokens_entry WHERE type = 'purchase') e ON e.purchase_id = p.id
LEFT JOIN tokens_posting w ON w.entry_id = e.id AND w.line = 1
WHERE p.id IS NULL OR e.id IS NULL OR p.status <> 'settled' OR p.entry_id IS DISTINCT FROM e.id
   OR w.amount <> p.tokens + p.bonus_tokens OR w.account_id <> p.wallet_account_id
"""
_REVERSED = """
SELECT e.purchase_id, sum(p.amount)::bigint
FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id JOIN tokens_account a ON a.id = p.account_id
WHERE e.type IN ('refund', 'dispute', 'dispute_won') AND a.kind = 'refunded' AND e.purchase_id IS NOT NULL
  AND (%(purchase)s::uuid IS NULL OR e.purchase_id = %(purchase)s::uuid)
GROUP BY e.purchase_id HAVING sum(p.amount) <> 0
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A purchase that is not what its credit, its refunds and its disputes ask for, and by how many tokens."""

    purchase_id: uuid.UUID
    words: str
    tokens: int = 0

    def __str__(self) -> str:
        return f"purchase {self.purchase_id}{self.words}"


def credit_mismatches() -> list[Mismatch]:
    """Every purchase whose credit is missing, doubled or not its own; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_MISMATCHES)
        rows = cursor.fetchall()
    return [
        Mismatch(uuid.UUID(purchase), f" ({status or 'no such row'}), entry {entry}")
        for purchase, status, entry in rows
    ]


def find_credit_mismatches() -> list[str]:
    """The same in words."""
    return list(map(str, credit_mismatches()))


def find_reversal_mismatches() -> list[str]:
    """Every purchase of which more or fewer tokens are reversed than asked for, in words."""
    return list(map(str, reversal_mismatches()))


def reversal_mismatches(purchase_id: uuid.UUID | None = None) -> list[Mismatch]:
    """Every purchase of which more or fewer tokens are reversed than its refunds and disputes ask for; or only one.

    All of it is read as it was at one moment: a refund that is told meanwhile is in both sides of it, or in neither.
    """
    with _one_moment():
        with connection.cursor() as cursor:
            cursor.execute(_REVERSED, {"purchase": purchase_id})
            reversed_tokens = dict(cursor.fetchall())
        moved = _moved().filter(id=purchase_id) if purchase_id else _moved()
        found = list(_mismatches(moved, reversed_tokens))
    strays = [
        Mismatch(purchase, f": {tokens} reversed for nothing", abs(tokens))
        for purchase, tokens in reversed_tokens.items()
    ]
    return [*found, *strays]


@contextmanager
def _one_moment() -> Iterator[None]:
    """Have every statement within see the same rows. Within a caller's transaction they see what that one lets them."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(savepoint=False):
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _mismatches(moved: QuerySet[Purchase], reversed_tokens: dict[uuid.UUID, int]) -> Iterator[Mismatch]:
    """Compare each purchase whose payment has moved; what is looked at is taken out of `reversed_tokens`."""
    for purchase in moved.iterator(chunk_size=INTEGRITY_CHUNK):
        payment = stand_of(purchase)
        target = target_tokens(payment) if purchase.status == PurchaseStatus.SETTLED else 0
        tokens = reversed_tokens.pop(purchase.id, 0)
        if tokens != target:
            yield Mismatch(purchase.id, f": {tokens} reversed, {target} asked for", abs(tokens - target))
        if purchase.reversal != reversal_state(payment) or _is_wrongly_refunded(purchase, payment):
            words = f": {purchase.status}, reversal {purchase.reversal}, is not what was told"
            yield Mismatch(purchase.id, words)


def _moved() -> QuerySet[Purchase]:
    has_moved = (
        ~Q(reversal=ReversalState.NONE)
        | Q(charge_refunded_cents__gt=0)
        | Q(refunds__isnull=False)
        | Q(disputes__isnull=False)
    )
    return Purchase.objects.filter(has_moved).distinct().prefetch_related("refunds", "disputes")


def _is_wrongly_refunded(purchase: Purchase, payment: PaymentStand) -> bool:
    """A quarantined purchase is refunded when all of its payment has gone back, and not before."""
    is_refunded = purchase.status == PurchaseStatus.REFUNDED
    has_gone = 0 < payment.paid_cents <= refunded_cents(payment)
    return purchase.status != PurchaseStatus.SETTLED and is_refunded != has_gone
