"""Declined payments. The purchase stays open: the buyer may try another card on the same page."""

import uuid
from collections.abc import Mapping
from typing import Any

from payments.kinds import PENDING, Outcome, PurchaseStatus
from payments.models import Purchase

# A debit's failure may have been told before its reason, which is wanted all the same.
_NOTED_IN = (*PENDING, PurchaseStatus.FAILED)


def note_decline(*, intent: Mapping[str, Any]) -> Outcome:
    """Record Stripe's word for why a payment was declined.

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
    code = str(words.get("decline_code") or words.get("code") or "declined")
    noted = Purchase.objects.filter(id=purchase_id, status__in=_NOTED_IN).update(failure_code=code[:64])
    return Outcome.DECLINED if noted else Outcome.UNCHANGED
