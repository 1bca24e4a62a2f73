"""Whoever has the tokens of a purchase has paid, by Stripe's word."""

from collections.abc import Iterator

from payments.kinds import PurchaseStatus, SessionFacts
from payments.limits import RECONCILE_CHUNK
from payments.models import Purchase
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope
from security.kinds import Severity

_NOT_PAID, _NO_SESSION = "credit_not_paid", "session_unknown"


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    sessions = scope.sessions_by_id
    for purchase in _credited(scope):
        tally.looked_at += 1
        listed = sessions.get(purchase.stripe_session_id or "")
        if difference := _judge(purchase, listed.facts if listed else None):
            yield difference


def _credited(scope: Scope) -> Iterator[Purchase]:
    """Those that were credited when the sessions were listed, and whose session must be among these."""
    credited = Purchase.objects.filter(
        status=PurchaseStatus.SETTLED, started_at__gte=scope.since, settled_at__lte=scope.now
    )
    return credited.order_by("started_at").iterator(chunk_size=RECONCILE_CHUNK)


def _judge(purchase: Purchase, session: SessionFacts | None) -> Difference | None:
    if session and session.payment_status == "paid":
        return None
    words = (
        f"was credited, and its session is {session.payment_status}"
        if session
        else f"was credited, and Stripe has no session {purchase.stripe_session_id}"
    )
    return Difference(
        _NOT_PAID if session else _NO_SESSION,
        str(purchase.id),
        words,
        Severity.CRITICAL,
        purchase.total_tokens,
        purchase.price_cents,
        purchase.currency,
        purchase_id=purchase.id,
        about_at=purchase.started_at,
    )


CHECK = Check("credited_not_paid", "whoever has a purchase's tokens has paid, by Stripe's word", _find)
