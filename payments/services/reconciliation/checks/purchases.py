"""No purchase is stuck: whatever is past its time is where Stripe says it stands."""

from datetime import datetime

from foundation.errors import Refusal
from payments.errors import PaymentsUnavailable
from payments.kinds import PAYABLE, PurchaseStatus
from payments.limits import RECONCILE_PURCHASES_MAX
from payments.models import Purchase
from payments.queries.purchases import undecided
from payments.services.checkout import ask_stripe
from payments.services.reconciliation.check import Check, Discrepancy, Findings

_KINDS = {
    PurchaseStatus.SETTLED: "payment_not_credited",
    PurchaseStatus.QUARANTINED: "payment_not_as_sold",
}


def _run(since: datetime, now: datetime) -> Findings:
    """Ask Stripe about each, oldest first, within a budget of calls."""
    purchases = undecided(now=now).filter(started_at__gte=since, stripe_session_id__isnull=False)
    batch = list(purchases.order_by("started_at")[: RECONCILE_PURCHASES_MAX + 1])
    asked = batch[:RECONCILE_PURCHASES_MAX]
    found: list[Discrepancy] = []
    for number, purchase in enumerate(asked):
        try:
            found += _compare(purchase, now)
        except PaymentsUnavailable as refusal:
            return Findings(number, tuple(found), left_out=refusal.title)
    left_out = (
        f"Only the first {RECONCILE_PURCHASES_MAX} were asked about." if len(batch) > len(asked) else ""
    )
    return Findings(len(asked), tuple(found), left_out)


def _compare(purchase: Purchase, now: datetime) -> list[Discrepancy]:
    before, subject = purchase.status, str(purchase.id)
    try:
        ask_stripe(session_id=purchase.stripe_session_id or "", now=now)
    except PaymentsUnavailable:
        raise
    except Refusal as refusal:
        words = f"Stripe does not answer for its session: {refusal.members.get('stripe_code', refusal.code)}"
        return [Discrepancy("session_unknown", subject, words, is_repaired=False)]
    purchase.refresh_from_db()
    if purchase.status != before:
        kind = _KINDS.get(PurchaseStatus(purchase.status), "status_behind")
        is_repaired = purchase.status != PurchaseStatus.QUARANTINED
        return [
            Discrepancy(kind, subject, f"was {before}, is {purchase.status} now", is_repaired=is_repaired)
        ]
    if before in PAYABLE or (purchase.expected_by and purchase.expected_by <= now):
        return [Discrepancy("still_undecided", subject, f"is {before} past its time", is_repaired=False)]
    return []


CHECK = Check("purchases", "no purchase is past its time without an end", _run)
