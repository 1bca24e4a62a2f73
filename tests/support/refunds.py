"""Giving a payment back as staff do: written down, then made by Stripe."""

import uuid
from datetime import datetime

from identity.kinds import Actor
from payments.kinds import RefundReason
from payments.models import Refund
from payments.services.staff_refunds import request_refund, send_refund


def start_refund(
    *,
    purchase_id: uuid.UUID,
    amount_cents: int | None,
    reason: RefundReason,
    note: str,
    idempotency_key: str,
    actor: Actor,
    now: datetime,
    checker: Actor | None = None,
) -> Refund:
    """Give a purchase's payment back, whole where no amount is named."""
    request_refund(
        purchase_id=purchase_id,
        amount_cents=amount_cents,
        reason=reason,
        note=note,
        idempotency_key=idempotency_key,
        actor=actor,
        checker=checker,
        now=now,
    )
    return send_refund(idempotency_key=idempotency_key, now=now)
