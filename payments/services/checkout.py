"""Checkout sessions: what they are opened with, and asking Stripe how they stand."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from foundation.waker import wake
from payments.errors import StripeRefused
from payments.gateways import stripe_api
from payments.kinds import PENDING, Outcome
from payments.limits import ASK_STRIPE_INTERVAL
from payments.models import Purchase
from payments.services.settlement import settle_purchase
from tokens.queries.packages import lifetime_in_words


def session_parameters(purchase: Purchase) -> dict[str, Any]:
    """Every parameter of the purchase's session, from its row alone, so that a repeated request is the same one.

    The metadata goes on the payment intent as well: refunds and disputes lead to that, not to the session.
    """
    metadata = {
        "purchase_id": str(purchase.id),
        "package": purchase.package_id,
        "tokens": str(purchase.tokens),
        "bonus": str(purchase.bonus_tokens),
        "user_id": str(purchase.buyer_id),
        "uid": purchase.wallet_document_id,
    }
    if purchase.tokens_expire_after_days:
        metadata["tokens_expire_after_days"] = str(purchase.tokens_expire_after_days)
    parameters: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"price": purchase.stripe_price_id, "quantity": 1}],
        "customer": purchase.stripe_customer_id,
        "client_reference_id": str(purchase.id),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "expires_at": int(purchase.expires_at.timestamp()),
        "success_url": f"{settings.SITE_URL}/checkout/success?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{settings.SITE_URL}/checkout/cancel?purchase={purchase.id}",
    }
    if purchase.tokens_expire_after_days:
        # Beside the button that pays: nobody is to learn of it afterwards.
        told = lifetime_in_words(purchase.tokens_expire_after_days)
        parameters["custom_text"] = {"submit": {"message": told}}
    return parameters


def refresh_from_stripe(*, buyer_id: uuid.UUID, session_id: str, now: datetime) -> None:
    """Ask Stripe about a session whose webhook is late, and settle its purchase by the answer.

    Asks at most once per `ASK_STRIPE_INTERVAL` and purchase, however many pages are waiting; does nothing for
    a purchase that stands, or for another customer's.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    may_ask = Q(asked_stripe_at=None) | Q(asked_stripe_at__lte=now - ASK_STRIPE_INTERVAL)
    purchases = Purchase.objects.filter(buyer_id=buyer_id, stripe_session_id=session_id, status__in=PENDING)
    # The state change is the lock: whoever moves the time asks.
    if purchases.filter(may_ask).update(asked_stripe_at=now):
        ask_stripe(session_id=session_id, now=now)


def ask_stripe(*, session_id: str, now: datetime) -> Outcome:
    """Ask Stripe how a session stands, and bring its purchase there.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know the session.
    """
    outcome = settle_purchase(session=stripe_api.retrieve_session(session_id), now=now)
    if outcome is Outcome.SETTLED:
        wake("mirror.deliver")
    return outcome


def end_session(*, session_id: str, now: datetime) -> Outcome:
    """Have Stripe end a session, and bring its purchase to where it stands then: it may have been paid meanwhile.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    try:
        session = stripe_api.expire_session(session_id)
    except StripeRefused:
        return ask_stripe(session_id=session_id, now=now)
    return settle_purchase(session=session, now=now)
