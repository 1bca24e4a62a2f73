"""Payment intents, and the payment methods and charges of their attempts."""

from typing import Any

from sandbox.stripe.cards import Card, Decline, fingerprint
from sandbox.stripe.ids import new_id, random_text
from sandbox.stripe.kinds import StripeObject

_ADDRESS_FIELDS = ("city", "country", "line1", "line2", "postal_code", "state")
_METHOD_OPTIONS: dict[str, StripeObject] = {
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "us_bank_account": {"verification_method": "automatic"},
}


def billing_details(*, email: str | None, name: str | None, country: str | None) -> StripeObject:
    """Return who pays."""
    address = dict.fromkeys(_ADDRESS_FIELDS) | {"country": country}
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def payment_intent(
    *, amount: int, currency: str, customer: str | None, methods: list[str], extras: dict[str, Any], now: int
) -> StripeObject:
    """Return an intent that has no payment method yet; `extras` is the session's `payment_intent_data`."""
    intent_id = new_id("payment_intent")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": customer,
        "description": extras.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": extras.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {method: _METHOD_OPTIONS[method] for method in methods},
        "payment_method_types": methods,
        "processing": None,
        "receipt_email": extras.get("receipt_email"),
        "review": None,
        "setup_future_usage": extras.get("setup_future_usage"),
        "shipping": None,
        "statement_descriptor": extras.get("statement_descriptor"),
        "statement_descriptor_suffix": extras.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def payment_method(
    *, card: Card, exp_month: int, exp_year: int, billing: StripeObject, customer: str | None, now: int
) -> StripeObject:
    """Return the card as it was typed, without its number."""
    return {
        "id": new_id("payment_method"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": fingerprint(card.number),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": now,
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def charge(
    *,
    intent: StripeObject,
    method: StripeObject,
    details: StripeObject,
    decline: Decline | None,
    now: int,
) -> StripeObject:
    """Return one attempt to charge: succeeded, or failed when the card was declined.

    `details` is its `payment_method_details`, whose content depends on the method's type.
    """
    paid = decline is None
    return {
        "id": new_id("charge"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX SHOP",
        "captured": paid,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": details,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(decline: Decline | None) -> StripeObject:
    approved = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 16,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is None:
        return approved
    return approved | {
        "advice_code": decline.advice_code,
        "network_decline_code": decline.network_decline_code,
        "network_status": "declined_by_network",
        "reason": decline.decline_code or decline.code,
        "seller_message": decline.seller_message,
        "type": "issuer_declined",
    }


def card_details(method: StripeObject, amount: int, *, paid: bool) -> StripeObject:
    """Return a card's `payment_method_details`."""
    return {"card": _card_facts(method, amount, paid=paid), "type": "card"}


def _card_facts(method: StripeObject, amount: int, *, paid: bool) -> StripeObject:
    shown = {
        name: method["card"][name]
        for name in (
            "brand",
            "checks",
            "country",
            "exp_month",
            "exp_year",
            "fingerprint",
            "funding",
            "last4",
            "wallet",
        )
    }
    return shown | {
        "amount_authorized": amount if paid else None,
        "authorization_code": "123456" if paid else None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": method["card"]["brand"],
        "network_token": {"used": False},
        "network_transaction_id": "976910110049114",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
    }


def payment_error(decline: Decline, charge_id: str, method: StripeObject) -> StripeObject:
    """Return what `last_payment_error` says after a decline."""
    error = {
        "charge": charge_id,
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": method,
        "type": "card_error",
    }
    if decline.advice_code:
        error["advice_code"] = decline.advice_code
    if decline.network_decline_code:
        error["network_decline_code"] = decline.network_decline_code
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    return error
