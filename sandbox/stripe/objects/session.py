"""Checkout sessions."""

from typing import Any

from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import StripeObject

_METHOD_OPTIONS: dict[str, StripeObject] = {
    "card": {"request_three_d_secure": "automatic"},
    "us_bank_account": {"verification_method": "automatic"},
}
_CUSTOM_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")


def customer_details(
    *, email: str | None, name: str | None = None, country: str | None = None
) -> StripeObject:
    """Return what the session knows of the buyer."""
    fields = ("city", "country", "line1", "line2", "postal_code", "state")
    address = (dict.fromkeys(fields) | {"country": country}) if country else None
    return {
        "address": address,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def session(
    *,
    amount: int,
    currency: str,
    customer: StripeObject | None,
    given: dict[str, Any],
    expires_at: int,
    now: int,
) -> StripeObject:
    """Return an open, unpaid session; `given` holds the parameters that are shown as they came."""
    email = customer["email"] if customer else given["customer_email"]
    texts = dict.fromkeys(_CUSTOM_TEXTS) | given["custom_text"]
    return {
        "id": new_id("checkout.session"),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": given["adaptive_pricing"]},
        "after_expiration": None,
        "allow_promotion_codes": given["allow_promotion_codes"],
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": given["billing_address_collection"],
        "cancel_url": given["cancel_url"],
        "client_reference_id": given["client_reference_id"],
        "client_secret": None,
        "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": texts,
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "customer_creation": None if customer else given["customer_creation"] or "if_required",
        "customer_details": customer_details(email=email) if customer or email else None,
        "customer_email": given["customer_email"],
        "discounts": [],
        "expires_at": expires_at,
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": given["locale"],
        "metadata": given["metadata"],
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {name: _METHOD_OPTIONS[name] for name in given["payment_method_types"]},
        "payment_method_types": given["payment_method_types"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": given["submit_type"],
        "subscription": None,
        "success_url": given["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
    }
