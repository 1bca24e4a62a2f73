"""What Stripe remembers of our sales: enough to make purchases again that a restored database has lost."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.gateways.stripe_api import (
    as_text,
    as_uuid,
    client,
    from_timestamp,
    session_facts,
)
from payments.gateways.stripe_lists import created_since, read_all
from payments.kinds import SessionFacts


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase as its session's metadata tells it: whose, of how many tokens, and how it stands at Stripe."""

    purchase_id: uuid.UUID
    session: SessionFacts
    buyer_id: uuid.UUID
    document_id: str
    email: str
    tokens: int
    bonus_tokens: int
    tokens_expire_after_days: int | None
    checkout_url: str
    created_at: datetime
    expires_at: datetime


def list_sales(*, since: datetime, site: str) -> list[Sale]:
    """The Checkout sessions that this site opened since then and that have not expired, the newest first.

    Another installation on the same Stripe account has another site to come back to, and is left out.

    https://docs.stripe.com/api/checkout/sessions/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    ask = client().v1.checkout.sessions.list
    return read_all(ask, created_since(since), lambda session: _sale(session, site))


def _sale(session: Mapping[str, Any], site: str) -> Sale | None:
    """The sale, where it is this site's, has not expired, and the session's metadata tells it whole."""
    if session.get("status") == "expired" or not as_text(session.get("success_url")).startswith(f"{site}/"):
        return None
    metadata = session.get("metadata") or {}
    user_id, tokens, bonus = (metadata.get(name, "") for name in ("user_id", "tokens", "bonus"))
    buyer, facts = as_uuid(user_id), session_facts(session)
    if buyer is None or facts.purchase_id is None or not (tokens.isdecimal() and bonus.isdecimal()):
        return None
    days = metadata.get("tokens_expire_after_days", "")
    return Sale(
        purchase_id=facts.purchase_id,
        session=facts,
        buyer_id=buyer,
        document_id=as_text(metadata.get("uid")) or user_id,
        email=as_text((session.get("customer_details") or {}).get("email")),
        tokens=int(tokens),
        bonus_tokens=int(bonus),
        tokens_expire_after_days=int(days) if days.isdecimal() else None,
        checkout_url=as_text(session.get("url")),
        created_at=from_timestamp(session["created"]),
        expires_at=from_timestamp(session["expires_at"]),
    )
