"""Refunds."""

from sandbox.stripe.ids import new_id, random_text
from sandbox.stripe.kinds import StripeObject


def refund(
    *,
    charge: StripeObject,
    amount: int,
    reason: str | None,
    status: str,
    metadata: dict[str, str],
    now: int,
) -> StripeObject:
    """Return a refund of a charge, pending or succeeded; its money has left the balance either way."""
    body: StripeObject = {
        "id": new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "destination_details": _destination(charge, status),
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    return body | ({"pending_reason": "processing"} if status == "pending" else {})


def succeeded(pending: StripeObject, charge: StripeObject) -> StripeObject:
    """Return a pending refund after the bank has taken it."""
    body = pending | {"status": "succeeded", "destination_details": _destination(charge, "succeeded")}
    body.pop("pending_reason", None)
    return body


def failed(given: StripeObject, reason: str, failure_transaction: str) -> StripeObject:
    """Return a refund that the bank has sent back."""
    body = given | {
        "failure_balance_transaction": failure_transaction,
        "failure_reason": reason,
        "status": "failed",
    }
    body.pop("pending_reason", None)
    return body


def canceled(pending: StripeObject) -> StripeObject:
    """Return a pending refund that was called off."""
    body = pending | {"status": "canceled"}
    body.pop("pending_reason", None)
    return body


def _destination(charge: StripeObject, status: str) -> StripeObject:
    if charge["payment_method_details"]["type"] != "card":
        return {"type": "us_bank_transfer", "us_bank_transfer": {"reference": None, "reference_status": None}}
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    if status == "succeeded":
        card |= {"reference": random_text(23), "reference_status": "available"}
    return {"card": card, "type": "card"}
