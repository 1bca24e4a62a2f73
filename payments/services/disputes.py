"""Disputes, the inquiries before them, and early fraud warnings, as Stripe tells of them."""

import logging
from datetime import datetime

from django.db import transaction

from identity.kinds import STRIPE_ACTOR
from payments.kinds import DISPUTE_RANKS, INQUIRIES, UNDECIDED, DisputeFacts, DisputeStatus, Outcome
from payments.models import Dispute, Purchase
from payments.queries.reversals import stand_of_dispute
from payments.rules.reversal import is_withheld
from payments.services import reversals
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert
from tokens.kinds import EntryType, FreezeCause
from tokens.services import wallets

logger = logging.getLogger(__name__)

_FREEZING = UNDECIDED | {DisputeStatus.LOST}
_OPENED = (
    "A payment is disputed: its buyer's wallet is frozen until it is decided. Evidence is due at Stripe."
)
_ALERTS = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: (
        AlertKind.DISPUTE_INQUIRY,
        Severity.MEDIUM,
        "A bank inquires about a payment, which may become a dispute.",
    ),
    DisputeStatus.NEEDS_RESPONSE: (AlertKind.DISPUTE_OPENED, Severity.HIGH, _OPENED),
    DisputeStatus.UNDER_REVIEW: (AlertKind.DISPUTE_OPENED, Severity.HIGH, _OPENED),
    DisputeStatus.LOST: (
        AlertKind.DISPUTE_LOST,
        Severity.HIGH,
        "A dispute is lost: its tokens are taken, and the wallet stays frozen until staff lift it.",
    ),
}


def note_dispute(*, facts: DisputeFacts, now: datetime) -> Outcome:
    """Keep what Stripe says of a dispute; freeze or unfreeze the wallet, and reverse what the payment's stand asks for.

    A wallet is frozen once for each dispute. A dispute that is won lifts its own freeze only, one that is lost none.
    Inquiries only warn. Joins the caller's transaction.

    :raises PaymentNotSettled: `payment_not_settled`.
    """
    with transaction.atomic(savepoint=False):
        purchase = reversals.lock_payment(facts.payment_intent_id)
        before = Dispute.objects.filter(stripe_dispute_id=facts.stripe_dispute_id).first()
        was = DisputeStatus(before.status) if before else None
        dispute = _record(before or _new(purchase, facts), facts, now)
        status = DisputeStatus(dispute.status)
        _freeze(purchase, dispute, status, now)
        is_taken = is_withheld(stand_of_dispute(purchase, dispute))
        outcome = reversals.apply(
            purchase=purchase,
            cause=EntryType.DISPUTE if is_taken else EntryType.DISPUTE_WON,
            reference=f"dispute:{facts.stripe_dispute_id}",
            now=now,
        )
        if status is not was:
            _tell(purchase, dispute, status, was, now)
    return outcome


def note_fraud_warning(*, payment_intent_id: str, warning_id: str, fraud_type: str, now: datetime) -> Outcome:
    """Raise an alert: the card's issuer calls a payment fraudulent. Nothing moves, and a refund may avert a dispute.

    :raises PaymentNotSettled: `payment_not_settled`.
    """
    with transaction.atomic(savepoint=False):
        purchase = reversals.lock_payment(payment_intent_id)
        raise_alert(
            kind=AlertKind.EARLY_FRAUD_WARNING,
            severity=Severity.HIGH,
            dedup_key=warning_id,
            summary="A card's issuer calls a payment fraudulent: a refund now may avert a dispute.",
            subject={
                **reversals.alert_subject(purchase),
                "stripe_warning_id": warning_id,
                "fraud_type": fraud_type,
            },
            now=now,
            total=1,
        )
    return Outcome.WARNED


def _new(purchase: Purchase, facts: DisputeFacts) -> Dispute:
    return Dispute(
        purchase=purchase,
        stripe_dispute_id=facts.stripe_dispute_id,
        stripe_charge_id=facts.stripe_charge_id,
        amount_cents=facts.amount_cents,
        currency=facts.currency,
        status=facts.status,
        reason=facts.reason,
        opened_at=facts.created_at,
    )


def _record(dispute: Dispute, facts: DisputeFacts, now: datetime) -> Dispute:
    """Move the dispute on, each part by its own order: the decision by rank, the money by how often it has moved."""
    if facts.movements > dispute.movements:
        dispute.movements, dispute.is_withheld = facts.movements, facts.is_withheld
    if DISPUTE_RANKS[facts.status] >= DISPUTE_RANKS[DisputeStatus(dispute.status)]:
        dispute.status, dispute.amount_cents = facts.status, facts.amount_cents
        dispute.evidence_due_at = facts.evidence_due_at
    is_open = dispute.status in UNDECIDED or dispute.status in INQUIRIES - {DisputeStatus.WARNING_CLOSED}
    dispute.closed_at = None if is_open else dispute.closed_at or now
    dispute.save()
    return dispute


def _freeze(purchase: Purchase, dispute: Dispute, status: DisputeStatus, now: datetime) -> None:
    if status in _FREEZING:
        wallets.freeze(
            account_id=purchase.wallet_account_id,
            cause=FreezeCause.DISPUTE,
            reference=dispute.stripe_dispute_id,
            reason="",
            actor=STRIPE_ACTOR,
            now=now,
        )
    elif status is DisputeStatus.WON:
        wallets.unfreeze(
            account_id=purchase.wallet_account_id,
            cause=FreezeCause.DISPUTE,
            reference=dispute.stripe_dispute_id,
            reason="",
            actor=STRIPE_ACTOR,
            now=now,
        )


def _tell(
    purchase: Purchase, dispute: Dispute, status: DisputeStatus, was: DisputeStatus | None, now: datetime
) -> None:
    """Log what has become of it, and raise an alert where somebody has to do something."""
    facts = {"purchase_id": str(purchase.id), "stripe_dispute_id": dispute.stripe_dispute_id}
    event = "dispute.closed" if dispute.closed_at else "dispute.opened"
    logger.info(event, extra={**facts, "status": status.value})
    is_known = status in UNDECIDED and was in UNDECIDED
    if status not in _ALERTS or is_known:
        return
    kind, severity, summary = _ALERTS[status]
    raise_alert(
        kind=kind,
        severity=severity,
        dedup_key=dispute.stripe_dispute_id,
        summary=summary,
        subject={
            **reversals.alert_subject(purchase),
            "stripe_dispute_id": dispute.stripe_dispute_id,
            "reason": dispute.reason,
        },
        now=now,
        total=1,
    )
