"""What was paid is what was sold: session, customer, package, amount and currency are those of the purchase."""

from collections.abc import Iterator

from payments.kinds import PurchaseStatus, QuarantineReason, SessionFacts
from payments.models import Purchase
from payments.rules.settlement import FrozenTerms, find_mismatch
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """A second session that was paid for one purchase differs in its id: two payments, of which one is too much."""
    tally.looked_at = len(scope.sessions)
    for session, purchase in scope.pairs():
        if purchase and (difference := _judge(session.facts, purchase)):
            yield difference


def _judge(session: SessionFacts, purchase: Purchase) -> Difference | None:
    if session.payment_status != "paid" or purchase.status != PurchaseStatus.SETTLED:
        return None
    mismatch = find_mismatch(_terms_of(purchase), session)
    if mismatch is None or mismatch == purchase.quarantine_reason:  # a person has released it
        return None
    paid = session.amount_cents or 0
    is_other_money = mismatch in (QuarantineReason.SESSION, QuarantineReason.CURRENCY)
    return Difference(
        mismatch.value,
        session.session_id,
        f"paid {paid} {session.currency}, of {purchase.price_cents} {purchase.currency}, for purchase {purchase.id}",
        cents=paid if is_other_money else abs(paid - purchase.price_cents),
        currency=session.currency[:3],
        tokens=purchase.total_tokens,
        purchase_id=purchase.id,
        about_at=purchase.started_at,
    )


def _terms_of(purchase: Purchase) -> FrozenTerms:
    return FrozenTerms(
        session_id=purchase.stripe_session_id or "",
        customer_id=purchase.stripe_customer_id,
        package_code=purchase.package_id,
        price_cents=purchase.price_cents,
        currency=purchase.currency,
        livemode=purchase.livemode,
        total_tokens=purchase.total_tokens,
    )


CHECK = Check("terms", "what was paid is what was sold: amount, currency, customer", _find)
