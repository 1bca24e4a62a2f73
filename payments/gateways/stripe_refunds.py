"""Money that goes back at Stripe: refunds and disputes, whether Stripe answered them or a signed event carried them."""

import uuid
from collections.abc import Mapping
from typing import Any

from payments.gateways.stripe_api import as_text, as_uuid, call, client, from_timestamp, id_of
from payments.kinds import DisputeFacts, DisputeStatus, RefundFacts, RefundReason, RefundStatus
from payments.limits import PAID_CENTS_MAX

# A refund that waits for its buyer's bank details is on its way as far as we are concerned.
_REFUND_STATUSES = {
    "requires_action": RefundStatus.PENDING,
    **{status.value: status for status in RefundStatus},
}


def create_refund(
    *, refund_id: uuid.UUID, purchase_id: uuid.UUID, payment_intent_id: str, amount_cents: int, reason: str
) -> RefundFacts:
    """Give a payment back, once however often it is tried within a day; answer how the refund stands.

    https://docs.stripe.com/api/refunds/create

    :raises PaymentsUnavailable: `payments_unavailable`: it may have been made or not.
    :raises StripeRefused: `stripe_refused`: it was not made.
    """
    params: dict[str, Any] = {
        "payment_intent": payment_intent_id,
        "amount": amount_cents,
        "reason": reason,
        "metadata": {"refund_id": str(refund_id), "purchase_id": str(purchase_id)},
    }
    made = call(
        lambda: client().v1.refunds.create(params, {"idempotency_key": f"refund-{refund_id}"})  # type: ignore[arg-type]
    )
    facts = refund_facts(made.to_dict())
    assert facts is not None, "Stripe answered a refund that is none"
    return facts


def retrieve_refund(refund_id: str) -> RefundFacts:
    """A refund as Stripe has it.

    https://docs.stripe.com/api/refunds/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    facts = refund_facts(call(lambda: client().v1.refunds.retrieve(refund_id)).to_dict())
    assert facts is not None, "Stripe answered a refund that is none"
    return facts


def retrieve_dispute(dispute_id: str) -> DisputeFacts:
    """A dispute as Stripe has it.

    https://docs.stripe.com/api/disputes/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    facts = dispute_facts(call(lambda: client().v1.disputes.retrieve(dispute_id)).to_dict())
    assert facts is not None, "Stripe answered a dispute that is none"
    return facts


def refund_facts(refund: Mapping[str, Any]) -> RefundFacts | None:
    """What we read of a refund; None for what cannot be one of a payment."""
    status = _REFUND_STATUSES.get(as_text(refund.get("status")))
    amount, created = _number(refund.get("amount")), _number(refund.get("created"))
    refund_id, intent_id = as_text(refund.get("id")), id_of(refund.get("payment_intent"))
    if status is None or not refund_id or not intent_id or amount is None or created is None:
        return None
    metadata, reason = refund.get("metadata"), as_text(refund.get("reason"))
    return RefundFacts(
        stripe_refund_id=refund_id,
        payment_intent_id=intent_id,
        refund_id=as_uuid(metadata.get("refund_id")) if isinstance(metadata, Mapping) else None,
        amount_cents=amount,
        currency=as_text(refund.get("currency")).lower()[:3],
        status=status,
        reason=reason if reason in RefundReason else "",
        failure_reason=as_text(refund.get("failure_reason"))[:64],
        created_at=from_timestamp(created),
    )


def dispute_facts(dispute: Mapping[str, Any]) -> DisputeFacts | None:
    """What we read of a dispute; None for what cannot be one of a payment, or has a status that we do not know."""
    status, details = as_text(dispute.get("status")), dispute.get("evidence_details")
    amount, created = _number(dispute.get("amount")), _number(dispute.get("created"))
    dispute_id, intent_id = as_text(dispute.get("id")), id_of(dispute.get("payment_intent"))
    known = status in DisputeStatus and dispute_id and intent_id
    if not known or amount is None or created is None:
        return None
    due_by = _number(details.get("due_by")) if isinstance(details, Mapping) else None
    movements = _movements(dispute.get("balance_transactions"))
    return DisputeFacts(
        stripe_dispute_id=dispute_id,
        stripe_charge_id=id_of(dispute.get("charge")),
        payment_intent_id=intent_id,
        amount_cents=amount,
        currency=as_text(dispute.get("currency")).lower()[:3],
        status=DisputeStatus(status),
        reason=as_text(dispute.get("reason"))[:64],
        movements=len(movements),
        is_withheld=sum(-1 if amount < 0 else 1 for amount in movements) < 0,
        evidence_due_at=from_timestamp(due_by) if due_by else None,
        created_at=from_timestamp(created),
    )


def _movements(transactions: object) -> list[int]:
    """What was taken (below zero) and given back. Their amounts are in our payout's currency, so only signs count."""
    if not isinstance(transactions, list):
        return []
    amounts = [each.get("amount") for each in transactions if isinstance(each, Mapping)]
    return [amount for amount in amounts if isinstance(amount, int) and amount != 0]


def _number(value: object) -> int | None:
    """An amount or a moment that a column holds."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= PAID_CENTS_MAX:
        return value
    return None
