"""Settles purchases: the one function behind webhooks, the success page, the sweeps and the back office."""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from foundation.waker import wake
from payments.errors import PurchaseUnknown
from payments.kinds import (
    PAYABLE,
    PENDING,
    InboxStatus,
    Outcome,
    PurchaseStatus,
    QuarantineReason,
    SessionFacts,
)
from payments.limits import PAID_CENTS_MAX
from payments.queries.inbox import early_events
from payments.rules.settlement import find_mismatch
from payments.services.locked_purchase import LockedPurchase, lock_purchase
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert
from tokens.kinds import AccountKind, EntryType, PostedEntry
from tokens.services import ledger

logger = logging.getLogger(__name__)

_PAID = frozenset({"paid", "no_payment_required"})
# A complete session's payment intent in one of these will not be paid any more: the bank has refused.
_REFUSED = frozenset({"requires_payment_method", "canceled"})


def settle_purchase(*, session: SessionFacts, now: datetime) -> Outcome:
    """Bring the session's purchase to where Stripe says it stands, crediting the wallet once if it is paid.

    Whatever differs from what was frozen in the purchase is quarantined with an alert, never credited. Joins the
    caller's transaction. Locks the purchase, then (in the ledger) its wallet.

    :raises PurchaseUnknown: `purchase_unknown`.
    """
    with transaction.atomic(savepoint=False):
        purchase = _lock(session, now)
        if session.payment_status in _PAID:
            return _settle_paid(purchase, session, now)
        if session.status == "complete" and session.payment_intent_status in _REFUSED:
            return _fail(purchase, session, now)
        if session.status == "complete":
            return _wait_for_payment(purchase, session, now)
        if session.status == "expired":
            return _end(purchase, session, now)
        return Outcome.UNCHANGED


def fail_purchase(*, session: SessionFacts, now: datetime) -> Outcome:
    """Note that a payment which was to settle later has failed.

    A settled purchase stays settled, and a person is told: what was credited may be spent, so nothing is taken back
    without somebody's decision.

    :raises PurchaseUnknown: `purchase_unknown`.
    """
    with transaction.atomic(savepoint=False):
        return _fail(_lock(session, now), session, now)


def _lock(session: SessionFacts, now: datetime) -> LockedPurchase:
    """Lock the purchase; events of its payment that came too early get their turn after the commit."""
    intent_id = session.payment_intent_id
    purchase = lock_purchase(session.purchase_id, intent_id) if session.purchase_id else None
    if purchase is None:
        raise PurchaseUnknown
    if purchase.has_early_events:
        transaction.on_commit(partial(_call_back, intent_id, now), robust=True)
    return purchase


def _call_back(payment_intent_id: str, now: datetime) -> None:
    """Have the payment's early events handled. Not before the commit: their handlers lock them before the purchase."""
    early_events(payment_intent_id).update(status=InboxStatus.FAILED, due_at=now)
    wake("payments.process_inbox")


def _fail(purchase: LockedPurchase, session: SessionFacts, now: datetime) -> Outcome:
    """The bank has refused. One that was not told to be processing first makes both moves at once."""
    if not _is_own(purchase, session):
        return Outcome.UNCHANGED
    if purchase.status == PurchaseStatus.SETTLED:
        _alert_late_failure(purchase, session, now)
        return Outcome.LATE_FAILURE
    if purchase.status not in PENDING:
        return Outcome.UNCHANGED
    purchase.move(
        PurchaseStatus.FAILED,
        closed_at=now,
        stripe_session_id=session.session_id,
        stripe_payment_intent_id=session.payment_intent_id,
    )
    return Outcome.FAILED


def _settle_paid(purchase: LockedPurchase, session: SessionFacts, now: datetime) -> Outcome:
    mismatch = find_mismatch(purchase.terms, session)
    if purchase.status in (PurchaseStatus.SETTLED, PurchaseStatus.REFUNDED):
        if mismatch:
            _alert(purchase, session, mismatch, now)
        return Outcome.ALREADY_SETTLED
    if purchase.status == PurchaseStatus.QUARANTINED:
        # Counted onto its own alert; a second session that was paid is another alert: two payments to give back.
        _alert(purchase, session, mismatch or QuarantineReason(purchase.quarantine_reason), now)
        return Outcome.QUARANTINED
    if mismatch:
        return _quarantine(purchase, session, mismatch, now)
    outcome = _credit(purchase, session, now)
    if purchase.status == PurchaseStatus.FAILED and purchase.stripe_session_id:
        # Its failure was told before its success; in whichever order they come, the end is the same.
        _alert_late_failure(purchase, session, now)
    return outcome


def _credit(purchase: LockedPurchase, session: SessionFacts, now: datetime) -> Outcome:
    entry = post_credit(purchase=purchase, now=now)
    purchase.move(
        PurchaseStatus.SETTLED,
        settled_at=now,
        closed_at=None,
        paid_cents=session.amount_cents,
        failure_code="",
        entry_id=entry.entry_id,
        stripe_session_id=session.session_id,
        stripe_payment_intent_id=session.payment_intent_id,
    )
    logger.info("purchase.settled", extra={"purchase_id": str(purchase.id), "entry_id": str(entry.entry_id)})
    return Outcome.SETTLED


def post_credit(*, purchase: LockedPurchase, now: datetime) -> PostedEntry:
    """Post what a purchase bought. The caller has made sure that it is to be credited, and moves it."""
    return ledger.post(
        entry_type=EntryType.PURCHASE,
        reference=f"purchase:{purchase.id}",
        account_id=purchase.wallet_account_id,
        counter_lines={
            AccountKind.ISSUANCE: -purchase.tokens,
            AccountKind.PROMOTIONS: -purchase.bonus_tokens,
        },
        purchase_id=purchase.id,
        package_code=purchase.package_id,
        cost_cents=purchase.price_cents,
        expires_at=purchase.tokens_expire_at(credited_at=now),
        now=now,
    )


def _quarantine(
    purchase: LockedPurchase, session: SessionFacts, reason: QuarantineReason, now: datetime
) -> Outcome:
    purchase.move(
        PurchaseStatus.QUARANTINED,
        closed_at=now,
        quarantine_reason=reason.value,
        paid_cents=_plausible(session.amount_cents),
        stripe_payment_intent_id=session.payment_intent_id,
    )
    _alert(purchase, session, reason, now)
    logger.warning("purchase.quarantined", extra={"purchase_id": str(purchase.id), "reason": reason.value})
    return Outcome.QUARANTINED


def _plausible(amount_cents: int | None) -> int | None:
    """An amount that the column holds; what a mismatch is about may be anything."""
    return amount_cents if amount_cents is not None and 0 <= amount_cents <= PAID_CENTS_MAX else None


def _alert(purchase: LockedPurchase, session: SessionFacts, reason: QuarantineReason, now: datetime) -> None:
    raise_alert(
        kind=AlertKind.PURCHASE_QUARANTINED,
        severity=Severity.HIGH,
        dedup_key=f"{purchase.id}:{reason.value}:{session.session_id}"[:200],
        summary=f"A paid session is not the purchase that was made ({reason.label.lower()}).",
        subject={
            "purchase_id": str(purchase.id),
            "user_id": str(purchase.buyer_id),
            "stripe_session_id": session.session_id,
            "reason": reason.value,
        },
        now=now,
    )


def _alert_late_failure(purchase: LockedPurchase, session: SessionFacts, now: datetime) -> None:
    raise_alert(
        kind=AlertKind.PAYMENT_FAILED_AFTER_SETTLEMENT,
        severity=Severity.HIGH,
        dedup_key=str(purchase.id),
        summary="The bank took a payment back whose tokens are credited: somebody has to decide what follows.",
        subject={
            "purchase_id": str(purchase.id),
            "user_id": str(purchase.buyer_id),
            "stripe_session_id": session.session_id,
            "stripe_payment_intent_id": session.payment_intent_id,
        },
        now=now,
        total=1,  # one payment, however often it is told
    )


def _wait_for_payment(purchase: LockedPurchase, session: SessionFacts, now: datetime) -> Outcome:
    """The buyer is done and the bank is not: a debit, for instance, takes days."""
    if purchase.status in PAYABLE and _is_own(purchase, session):
        purchase.move(
            PurchaseStatus.PROCESSING,
            processing_at=now,
            stripe_session_id=session.session_id,
            stripe_payment_intent_id=session.payment_intent_id,
        )
    return Outcome.WAITING


def _end(purchase: LockedPurchase, session: SessionFacts, now: datetime) -> Outcome:
    """An expired session ends its purchase: canceled where the buyer had asked for that, expired otherwise."""
    if purchase.status not in PAYABLE or not _is_own(purchase, session):
        return Outcome.UNCHANGED
    status = PurchaseStatus.CANCELED if purchase.cancel_requested_at else PurchaseStatus.EXPIRED
    purchase.move(status, closed_at=now, stripe_session_id=session.session_id)
    return Outcome(status.value)


def _is_own(purchase: LockedPurchase, session: SessionFacts) -> bool:
    return purchase.stripe_session_id in (None, session.session_id)
