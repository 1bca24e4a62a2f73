"""Asks Stripe about each credited purchase once: whether it is paid, and for which price and how many.

The webhook's event does not carry line items, and no call is made while it is handled; so a worker looks afterwards.
What is wrong then is credited already: a person is told, and decides.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from datetime import datetime

from foundation.errors import Refusal
from payments.errors import PaymentsUnavailable
from payments.gateways.stripe_sold import retrieve_sold_session
from payments.kinds import PurchaseStatus, SaleDefect
from payments.limits import SALE_CHECKS_BATCH, SALE_CHECKS_SECONDS_MAX
from payments.models import Purchase
from payments.rules.sold import find_defect
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert

logger = logging.getLogger(__name__)


def check_sales(*, now: datetime) -> int:
    """Ask about the purchases that nobody has asked about since their credit, oldest first; answer how many.

    Where Stripe cannot be reached, or the time of a run is over, the rest waits for the next run.
    """
    ends_at = time.monotonic() + SALE_CHECKS_SECONDS_MAX
    looked_at = 0
    for purchase in _unchecked():
        try:
            defect, fee_cents = _look_at(purchase)
        except PaymentsUnavailable:
            break
        if defect:
            _alert(purchase, defect, now)
        Purchase.objects.filter(id=purchase.id).update(sale_checked_at=now, fee_cents=fee_cents)
        looked_at += 1
        if time.monotonic() >= ends_at:
            break
    return looked_at


def note_fee(*, purchase_id: uuid.UUID, fee_cents: int) -> None:
    """Keep what Stripe says that it has kept of a payment."""
    Purchase.objects.filter(id=purchase_id).update(fee_cents=fee_cents)


def _unchecked() -> Iterator[Purchase]:
    """Batch by batch: what was asked about before the next batch is not in it."""
    unchecked = Purchase.objects.filter(status=PurchaseStatus.SETTLED, sale_checked_at=None)
    while batch := list(unchecked.order_by("settled_at")[:SALE_CHECKS_BATCH]):
        yield from batch


def _look_at(purchase: Purchase) -> tuple[SaleDefect | None, int | None]:
    """What is wrong with the sale, and what Stripe keeps of its payment."""
    try:
        sold = retrieve_sold_session(purchase.stripe_session_id or "")
    except PaymentsUnavailable:
        raise
    except Refusal:  # Stripe does not know the session that we have credited
        return SaleDefect.NOT_PAID, None
    return find_defect(stripe_price_id=purchase.stripe_price_id, sold=sold), sold.fee_cents


def _alert(purchase: Purchase, defect: SaleDefect, now: datetime) -> None:
    unpaid = defect is SaleDefect.NOT_PAID
    raise_alert(
        kind=AlertKind.CREDIT_WITHOUT_PAYMENT if unpaid else AlertKind.SOLD_OTHERWISE,
        severity=Severity.CRITICAL if unpaid else Severity.HIGH,
        dedup_key=str(purchase.id),
        summary=f"A credited purchase is not as Stripe has it ({defect.label.lower()}).",
        subject={
            "purchase_id": str(purchase.id),
            "user_id": str(purchase.buyer_id),
            "stripe_session_id": purchase.stripe_session_id or "",
            "reason": defect.value,
        },
        now=now,
        total=1,
    )
    logger.warning("sale.defect_found", extra={"purchase_id": str(purchase.id), "reason": defect.value})
