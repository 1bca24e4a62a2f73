"""Whoever has paid, by Stripe's word, has the tokens."""

import uuid
from collections.abc import Iterator
from datetime import datetime

from foundation.waker import wake
from mirror.kinds import DELIVER_TASK
from payments.gateways.stripe_api import retrieve_session
from payments.kinds import Outcome, PurchaseStatus, SessionFacts
from payments.models import Purchase
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope
from payments.services.settlement import settle_purchase
from security.kinds import Severity

_PAID = "paid"
_NOT_CREDITED, _QUARANTINED, _UNKNOWN = "payment_not_credited", "payment_quarantined", "purchase_unknown"
_SETTLED = frozenset({Outcome.SETTLED, Outcome.ALREADY_SETTLED})


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """A payment that was begun within the last minutes may be on its way, and so may one that was tried before."""
    tally.looked_at = len(scope.sessions)
    yield from scope.arrived(_differing(scope))


def _differing(scope: Scope) -> Iterator[tuple[str, Difference]]:
    for session, purchase in scope.pairs():
        if session.tried_at <= scope.arrived_by and (
            difference := _judge(session.facts, purchase, session.created_at)
        ):
            yield session.facts.session_id, difference


def _judge(session: SessionFacts, purchase: Purchase | None, about_at: datetime) -> Difference | None:
    if session.payment_status != _PAID:
        return None
    cents, currency = session.amount_cents or 0, session.currency[:3]
    if purchase is None:
        words = f"is paid, and names purchase {session.purchase_id}, which is not here"
        return Difference(
            _UNKNOWN, session.session_id, words, Severity.CRITICAL, 0, cents, currency, about_at=about_at
        )
    if purchase.status in (PurchaseStatus.SETTLED, PurchaseStatus.REFUNDED):
        return None
    is_quarantined = purchase.status == PurchaseStatus.QUARANTINED
    words = (
        f"is quarantined: {purchase.quarantine_reason}"
        if is_quarantined
        else f"is {purchase.status}, and paid"
    )
    return Difference(
        _QUARANTINED if is_quarantined else _NOT_CREDITED,
        str(purchase.id),
        words,
        tokens=purchase.total_tokens,
        cents=cents,
        currency=currency,
        purchase_id=purchase.id,
        about_at=about_at,
        mend=None if is_quarantined else lambda now: _settle(session, now),
    )


def _settle(session: SessionFacts, now: datetime) -> bool:
    is_settled = settle_purchase(session=session, now=now) in _SETTLED
    wake(DELIVER_TASK)
    return is_settled


def _look(_kind: str, subject: str, _now: datetime) -> Difference | None:
    purchase = Purchase.objects.get(id=uuid.UUID(subject))
    return _judge(retrieve_session(purchase.stripe_session_id or ""), purchase, purchase.started_at)


CHECK = Check("paid_not_credited", "whoever has paid, by Stripe's word, has the tokens", _find, _look)
