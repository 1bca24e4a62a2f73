"""No purchase is stuck: whatever is past its time is where Stripe says it stands."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime

from payments.errors import StripeRefused
from payments.gateways.stripe_api import retrieve_session
from payments.gateways.stripe_lists import ListedSession
from payments.kinds import PAYABLE, PENDING, PurchaseStatus, SessionFacts
from payments.limits import SWEEP_GRACE
from payments.models import Purchase
from payments.queries.purchases import undecided
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope
from payments.services.settlement import settle_purchase
from payments.services.sweeps import expire_unopened
from security.kinds import Severity

_NEVER_OPENED, _BEHIND, _UNDECIDED, _NO_SESSION = (
    "never_opened",
    "status_behind",
    "still_undecided",
    "session_unknown",
)


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """The sweep has had its turn with these: it asks after the sessions' end."""
    purchases = undecided(now=scope.now - SWEEP_GRACE).filter(started_at__gte=scope.since)
    pending = list(purchases.order_by("started_at"))
    sessions = scope.sessions_by_id if any(purchase.stripe_session_id for purchase in pending) else {}
    tally.looked_at = len(pending)
    yield from scope.arrived(_differing(pending, sessions, scope))


def _differing(
    pending: list[Purchase], sessions: Mapping[str, ListedSession], scope: Scope
) -> Iterator[tuple[str, Difference]]:
    """A bank may have decided just now. At a session's end nobody decides: there it was left time enough."""
    for purchase in pending:
        listed = sessions.get(purchase.stripe_session_id or "")
        if difference := _judge(purchase, listed.facts if listed else None, scope.now):
            at_bank = purchase.stripe_session_id if purchase.status == PurchaseStatus.PROCESSING else None
            yield at_bank or "", difference


def _judge(purchase: Purchase, session: SessionFacts | None, now: datetime) -> Difference | None:
    """What is paid is another check's."""
    if not purchase.stripe_session_id:
        return _difference(_NEVER_OPENED, purchase, "never had a session, and is past its end", is_safe=True)
    if session is None:
        return _difference(_NO_SESSION, purchase, f"Stripe has no session {purchase.stripe_session_id}")
    if session.payment_status == "paid":
        return None
    is_over = session.status == "expired" or session.payment_intent_status in (
        "requires_payment_method",
        "canceled",
    )
    has_moved = session.status == "complete" and purchase.status != PurchaseStatus.PROCESSING
    if session.status != "open" and (is_over or has_moved):
        words = f"is {purchase.status}, and its session is {session.status}"
        return _difference(_BEHIND, purchase, words, session)
    if purchase.status in PAYABLE or (purchase.expected_by and purchase.expected_by <= now):
        return _difference(_UNDECIDED, purchase, f"is {purchase.status} past its time")
    return None


def _difference(
    kind: str, purchase: Purchase, words: str, session: SessionFacts | None = None, *, is_safe: bool = False
) -> Difference:
    def mend(now: datetime) -> bool:
        if session:
            settle_purchase(session=session, now=now)
        else:
            expire_unopened(purchase_id=purchase.id, now=now)
        purchase.refresh_from_db()
        return purchase.status not in PAYABLE

    return Difference(
        kind,
        str(purchase.id),
        words,
        Severity.MEDIUM,
        purchase_id=purchase.id,
        about_at=purchase.started_at,
        mend=mend if session or is_safe else None,
    )


def _look(_kind: str, subject: str, now: datetime) -> Difference | None:
    purchase = Purchase.objects.filter(id=uuid.UUID(subject), status__in=PENDING).first()
    if purchase is None:
        return None
    try:
        session = retrieve_session(purchase.stripe_session_id) if purchase.stripe_session_id else None
    except StripeRefused:
        session = None
    return _judge(purchase, session, now)


CHECK = Check("stuck", "no purchase is past its time without an end", _find, _look)
