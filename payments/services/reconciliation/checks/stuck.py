"""No purchase is stuck: whatever is past its time is where Stripe says it stands."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from payments.errors import StripeRefused
from payments.gateways.stripe_api import retrieve_session
from payments.kinds import PAYABLE, PENDING, PurchaseStatus, SessionFacts
from payments.limits import STUCK_ASKED_MAX, SWEEP_GRACE
from payments.models import Purchase
from payments.queries.purchases import stuck, undecided
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
Standing = tuple[Purchase, SessionFacts | None]


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """The sweep has had its turn with these: it asks after the sessions' end.

    A bank has a week, so that what is stuck is looked at whenever it was started. Of what is older than the listed
    sessions Stripe is asked one by one.
    """
    standing = [*_listed(scope), *_asked(scope, tally)]
    tally.looked_at = len(standing)
    yield from scope.arrived(_differing(standing, scope))


def _listed(scope: Scope) -> list[Standing]:
    purchases = undecided(now=scope.now - SWEEP_GRACE).filter(started_at__gte=scope.since)
    pending = list(purchases.order_by("started_at"))
    sessions = scope.sessions_by_id if any(purchase.stripe_session_id for purchase in pending) else {}
    listed = [sessions.get(purchase.stripe_session_id or "") for purchase in pending]
    return [(purchase, each.facts if each else None) for purchase, each in zip(pending, listed, strict=True)]


def _asked(scope: Scope, tally: Tally) -> list[Standing]:
    older = stuck(now=scope.now).filter(started_at__lt=scope.since).order_by("expires_at")
    pending = list(older[: STUCK_ASKED_MAX + 1])
    if len(pending) > STUCK_ASKED_MAX:
        newest = pending.pop()
        tally.left_out = (
            f"Too many stuck purchases: none whose session ended after {newest.expires_at:%Y-%m-%d %H:%M} UTC, "
            f"and that was started before {scope.since:%Y-%m-%d %H:%M} UTC, was looked at."
        )
    return [(purchase, _ask(purchase)) for purchase in pending]


def _ask(purchase: Purchase) -> SessionFacts | None:
    try:
        return retrieve_session(purchase.stripe_session_id) if purchase.stripe_session_id else None
    except StripeRefused:
        return None


def _differing(standing: Iterable[Standing], scope: Scope) -> Iterator[tuple[str, Difference]]:
    """What is paid is another check's, where that has its session listed.

    A bank may have decided just now. At a session's end nobody decides: there it was left time enough.
    """
    for purchase, session in standing:
        if session and session.payment_status == "paid" and purchase.started_at >= scope.since:
            continue
        if difference := _judge(purchase, session, scope.now):
            at_bank = purchase.stripe_session_id if purchase.status == PurchaseStatus.PROCESSING else None
            yield at_bank or "", difference


def _judge(purchase: Purchase, session: SessionFacts | None, now: datetime) -> Difference | None:
    is_due = purchase.status in PAYABLE or (purchase.expected_by is not None and purchase.expected_by <= now)
    # Whenever it was started, a run looks at what is due: one that does not find it any more has seen it end.
    about_at = None if is_due else purchase.started_at
    if not purchase.stripe_session_id:
        words = "never had a session, and is past its end"
        return _difference(_NEVER_OPENED, purchase, words, about_at, is_safe=True)
    if session is None:
        return _difference(
            _NO_SESSION, purchase, f"Stripe has no session {purchase.stripe_session_id}", about_at
        )
    if _has_ended(purchase, session):
        stands = "paid" if session.payment_status == "paid" else session.status
        words = f"is {purchase.status}, and its session is {stands}"
        return _difference(_BEHIND, purchase, words, about_at, session)
    if is_due:
        return _difference(_UNDECIDED, purchase, f"is {purchase.status} past its time", about_at)
    return None


def _has_ended(purchase: Purchase, session: SessionFacts) -> bool:
    """Its session leads on: settling by it moves the purchase."""
    if session.status == "open":
        return False
    is_over = session.status == "expired" or session.payment_intent_status in (
        "requires_payment_method",
        "canceled",
    )
    has_moved = session.status == "complete" and purchase.status != PurchaseStatus.PROCESSING
    return session.payment_status == "paid" or is_over or has_moved


def _difference(
    kind: str,
    purchase: Purchase,
    words: str,
    about_at: datetime | None,
    session: SessionFacts | None = None,
    *,
    is_safe: bool = False,
) -> Difference:
    def mend(now: datetime) -> bool:
        if session:
            settle_purchase(session=session, now=now)
        else:
            expire_unopened(purchase_id=purchase.id, now=now)
        purchase.refresh_from_db()
        return purchase.status not in PAYABLE

    difference = Difference(
        kind,
        str(purchase.id),
        words,
        Severity.MEDIUM,
        purchase_id=purchase.id,
        about_at=about_at,
        mend=mend if session or is_safe else None,
    )
    if session is None or session.payment_status != "paid":
        return difference
    tokens, cents = purchase.total_tokens, purchase.price_cents
    return replace(difference, severity=Severity.HIGH, tokens=tokens, cents=cents, currency=purchase.currency)


def _look(_kind: str, subject: str, now: datetime) -> Difference | None:
    purchase = Purchase.objects.filter(id=uuid.UUID(subject), status__in=PENDING).first()
    return _judge(purchase, _ask(purchase), now) if purchase else None


CHECK = Check("stuck", "no purchase is past its time without an end", _find, _look)
