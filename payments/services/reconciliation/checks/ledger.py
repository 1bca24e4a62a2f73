"""The ledger agrees with itself: balances, lots and chain are what its postings say; each purchase has its credit."""

from collections import Counter
from collections.abc import Iterator

from payments.limits import IMBALANCES_TOLD_MAX
from payments.models import Purchase
from payments.queries.integrity import Mismatch, credit_mismatches
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope
from security.kinds import AlertKind, Severity
from tokens.kinds import Imbalance
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import wallet_count

_CREDIT = "credit_mismatch"


def _find(_scope: Scope, tally: Tally) -> Iterator[Difference]:
    """All of it, however old: a book that is wrong anywhere is wrong."""
    tally.looked_at = wallet_count()
    imbalances = find_imbalances(shown_max=IMBALANCES_TOLD_MAX + 1)
    counts = Counter(map(_kind, imbalances))
    if many := [kind for kind, count in counts.items() if count > IMBALANCES_TOLD_MAX]:
        tally.left_out = f"Only so many of a kind are told, and there are more: {', '.join(many)}."
    yield from map(_imbalance, imbalances)
    yield from map(_credit, credit_mismatches())


def _imbalance(found: Imbalance) -> Difference:
    return Difference(_kind(found), found.subject, str(found), Severity.CRITICAL, found.tokens)


def _kind(found: Imbalance) -> str:
    return found.check.partition("_")[2]


def _credit(found: Mismatch) -> Difference:
    purchase = Purchase.objects.filter(id=found.purchase_id).first()
    return Difference(
        _CREDIT,
        str(found.purchase_id),
        str(found),
        Severity.CRITICAL,
        purchase.total_tokens if purchase else 0,
        purchase_id=found.purchase_id,
    )


CHECK = Check(
    "ledger", "balances, lots and chain are what the postings say", _find, alert=AlertKind.LEDGER_IMBALANCE
)
