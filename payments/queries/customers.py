"""Reads what one customer's payments led to."""

import uuid

from django.db.models import QuerySet

from payments.models import Decline, Dispute, Refund


def refunds_of(buyer_id: uuid.UUID) -> QuerySet[Refund]:
    """What was given back to the customer, or was to be; newest first."""
    return Refund.objects.filter(purchase__buyer_id=buyer_id).order_by("-created_at", "-id")


def disputes_of(buyer_id: uuid.UUID) -> QuerySet[Dispute]:
    """The disputes of the customer's payments, newest first."""
    return Dispute.objects.filter(purchase__buyer_id=buyer_id).order_by("-opened_at", "-id")


def declines_of(buyer_id: uuid.UUID) -> QuerySet[Decline]:
    """The customer's payments that a bank refused, newest first."""
    return Decline.objects.filter(buyer_id=buyer_id).order_by("-declined_at")
