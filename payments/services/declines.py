"""Declined payments. The purchase stays open: the buyer may try another card on the same page."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.kinds import PENDING, Outcome, PurchaseStatus
from payments.models import Decline, Purchase
from payments.services import cards

# A debit's failure may have been told before its reason, which is wanted all the same.
_NOTED_IN = (*PENDING, PurchaseStatus.FAILED)


def note_decline(*, intent: Mapping[str, Any], now: datetime) -> Outcome:
    """Record Stripe's word for why a payment was declined, and that it was: many of them make a customer wait.

    https://docs.stripe.com/declines/codes
    """
    metadata, error = intent.get("metadata"), intent.get("last_payment_error")
    try:
        purchase_id = uuid.UUID(str(metadata["purchase_id"])) if isinstance(metadata, Mapping) else None
    except (KeyError, ValueError):
        purchase_id = None
    if purchase_id is None:
        return Outcome.IGNORED
    words = error if isinstance(error, Mapping) else {}
    code = str(words.get("decline_code") or words.get("code") or "declined")[:64]
    attempt = _attempt_of(intent, words)
    _count(purchase_id, attempt, code, now)
    cards.note_card(metadata=metadata, card=cards.card_of_error(words), charge_id=attempt, now=now)
    noted = Purchase.objects.filter(id=purchase_id, status__in=_NOTED_IN).update(failure_code=code)
    return Outcome.DECLINED if noted else Outcome.UNCHANGED


def _count(purchase_id: uuid.UUID, attempt: str, code: str, now: datetime) -> None:
    """Keep the attempt, once however often it is told."""
    found = Purchase.objects.filter(id=purchase_id).values("buyer_id", "address").first()
    if found and attempt:
        decline = Decline(purchase_id=purchase_id, charge_id=attempt, code=code, declined_at=now, **found)
        Decline.objects.bulk_create([decline], ignore_conflicts=True)


def _attempt_of(intent: Mapping[str, Any], error: Mapping[str, Any]) -> str:
    """The id of the attempt's charge; where Stripe made none, all attempts of the intent count as one."""
    return str(error.get("charge") or intent.get("latest_charge") or intent.get("id") or "")[:255]
