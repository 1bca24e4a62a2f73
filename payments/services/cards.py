"""Notes which card was used for which purchase, so that one card behind many accounts shows."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.kinds import Outcome
from payments.models import CardUse, Purchase


def note_charge(*, charge: Mapping[str, Any], now: datetime) -> Outcome:
    """Keep the card of a charge that succeeded, once however often it is told.

    A payment by something else than a card, or for a purchase that is not here, tells nothing.
    """
    return note_card(
        metadata=charge.get("metadata"),
        card=_part(charge.get("payment_method_details"), "card"),
        charge_id=str(charge.get("id") or ""),
        now=now,
    )


def note_card(*, metadata: object, card: Mapping[str, Any], charge_id: str, now: datetime) -> Outcome:
    """Keep the card of one attempt to pay a purchase of ours."""
    fingerprint, purchase_id = card.get("fingerprint"), _purchase_id(metadata)
    if not isinstance(fingerprint, str) or not fingerprint or not charge_id or purchase_id is None:
        return Outcome.IGNORED
    buyer_id = Purchase.objects.filter(id=purchase_id).values_list("buyer_id", flat=True).first()
    if buyer_id is None:
        return Outcome.IGNORED
    use = CardUse(
        fingerprint=fingerprint[:64],
        purchase_id=purchase_id,
        buyer_id=buyer_id,
        charge_id=charge_id[:255],
        used_at=now,
    )
    CardUse.objects.bulk_create([use], ignore_conflicts=True)
    return Outcome.CARD_NOTED


def card_of_error(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """The card in what Stripe says of a declined payment."""
    return _part(error.get("payment_method"), "card")


def _part(whole: object, name: str) -> Mapping[str, Any]:
    part = whole.get(name) if isinstance(whole, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _purchase_id(metadata: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(metadata["purchase_id"])) if isinstance(metadata, Mapping) else None
    except (KeyError, ValueError):
        return None
