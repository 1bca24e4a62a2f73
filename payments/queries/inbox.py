"""Reads the inbox."""

import uuid
from datetime import datetime

from django.db.models import Min, QuerySet

from payments.errors import PaymentNotSettled
from payments.kinds import InboxStatus
from payments.models import InboxEvent

WAITING = (InboxStatus.RECEIVED, InboxStatus.FAILED)


def _backlog() -> QuerySet[InboxEvent]:
    """What waits for us. Early events wait for their payment, which may be another's: those are not late."""
    return InboxEvent.objects.filter(status__in=WAITING).exclude(error_code=PaymentNotSettled.code)


def events_of_purchase(purchase_id: uuid.UUID, payment_intent_id: str = "") -> QuerySet[InboxEvent]:
    """The events that speak of a purchase, oldest first: those that name it, and those of its payment."""
    events = InboxEvent.objects.filter(purchase_id=purchase_id)
    if payment_intent_id:
        events = events | InboxEvent.objects.filter(payment_intent_id=payment_intent_id)
    return events.order_by("stripe_created_at", "received_at")


def backlog() -> int:
    """How many events wait to be handled or tried again."""
    return _backlog().count()


def lag_seconds(now: datetime) -> float:
    """How long the oldest event that is not handled has waited; 0 for none. Parked ones do not count."""
    oldest = _backlog().aggregate(oldest=Min("received_at"))["oldest"]
    return max((now - oldest).total_seconds(), 0.0) if oldest else 0.0


def early_events(payment_intent_id: str) -> QuerySet[InboxEvent]:
    """The events that wait, or have waited in vain, for this payment to be settled."""
    return InboxEvent.objects.filter(
        payment_intent_id=payment_intent_id, error_code=PaymentNotSettled.code
    ).exclude(payment_intent_id="")


def parked_count() -> int:
    """How many events were given up on and wait for a person."""
    return InboxEvent.objects.filter(status=InboxStatus.PARKED).count()
