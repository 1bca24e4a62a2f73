"""Reads the inbox."""

import uuid

from django.db.models import QuerySet

from payments.kinds import InboxStatus
from payments.models import InboxEvent


def events_of_purchase(purchase_id: uuid.UUID, payment_intent_id: str = "") -> QuerySet[InboxEvent]:
    """The events that speak of a purchase, oldest first: those that name it, and those of its payment."""
    events = InboxEvent.objects.filter(purchase_id=purchase_id)
    if payment_intent_id:
        events = events | InboxEvent.objects.filter(payment_intent_id=payment_intent_id)
    return events.order_by("stripe_created_at", "received_at")


def backlog() -> int:
    """How many events wait to be handled or tried again."""
    return InboxEvent.objects.filter(status__in=(InboxStatus.RECEIVED, InboxStatus.FAILED)).count()


def parked_count() -> int:
    """How many events were given up on and wait for a person."""
    return InboxEvent.objects.filter(status=InboxStatus.PARKED).count()
