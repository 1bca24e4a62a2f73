"""Disputes and the early warnings of them."""

from typing import Any

from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import StripeObject

#: What a dispute's evidence may say in words; the rest of Stripe's fields name uploaded files.
EVIDENCE_TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
_EVIDENCE_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
#: Visa's own numbers of the reasons that happen here.
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def dispute(
    *, charge: StripeObject, amount: int, reason: str, is_inquiry: bool, due_by: int, now: int
) -> StripeObject:
    """Return a dispute that was just opened, or the mere inquiry that may become one."""
    texts: dict[str, Any] = dict.fromkeys((*EVIDENCE_TEXTS, *_EVIDENCE_FILES))
    billing = charge["billing_details"]
    return {
        "id": new_id("dispute"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": texts
        | {
            "customer_email_address": billing["email"],
            "customer_name": billing["name"],
            "enhanced_evidence": {},
        },
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge, reason, is_inquiry=is_inquiry),
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }


def _method(charge: StripeObject, reason: str, *, is_inquiry: bool) -> StripeObject:
    brand = charge["payment_method_details"].get("card", {}).get("brand", "visa")
    card = {
        "brand": brand,
        "case_type": "inquiry" if is_inquiry else "chargeback",
        "network": brand,
        "network_reason_code": _NETWORK_CODES.get(reason, "10.4"),
    }
    return {"card": card, "type": "card"}


def early_fraud_warning(*, charge: StripeObject, now: int) -> StripeObject:
    """Return an issuer's word that a card was misused, which a dispute may follow."""
    return {
        "id": new_id("radar.early_fraud_warning"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": now,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
