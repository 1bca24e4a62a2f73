"""What is known of refusals by limits."""

import uuid

from django.db.models import Count, Q, QuerySet, Sum

from security.limits import REFUSALS_OF_CUSTOMER_SHOWN
from security.models import LimitRefusal


def count_refusals() -> list[tuple[str, int, int]]:
    """By limit: how often it ever refused, and how many of the customers' windows staff call a mistake."""
    rows = LimitRefusal.objects.order_by("limit").values_list("limit")
    return list(rows.annotate(refused=Sum("count"), mistaken=Count("id", filter=Q(is_mistake=True))))


def refusals_of(user_id: uuid.UUID) -> QuerySet[LimitRefusal]:
    """The customer's refusals, newest first."""
    refusals = LimitRefusal.objects.filter(user_id=user_id).order_by("-last_refused_at", "-id")
    return refusals[:REFUSALS_OF_CUSTOMER_SHOWN]
