"""What is known of refusals by limits."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet, Sum

from security.kinds import RefusalActivity
from security.limits import ACTIVITY_SUBJECTS_MAX, ACTIVITY_WINDOW
from security.models import LimitRefusal


def count_refusals() -> list[tuple[str, int, int]]:
    """By limit: how often it ever refused, and how many of the customers' windows staff call a mistake."""
    rows = LimitRefusal.objects.order_by("limit").values_list("limit")
    return list(rows.annotate(refused=Sum("count"), mistaken=Count("id", filter=Q(is_mistake=True))))


def refusals_of(user_id: uuid.UUID) -> QuerySet[LimitRefusal]:
    """The customer's refusals, newest first."""
    return LimitRefusal.objects.filter(user_id=user_id).order_by("-last_refused_at", "-id")


def refusals_since(*, now: datetime) -> list[RefusalActivity]:
    """Whom limits refused within the last day, the most refused first. What staff call a mistake does not count."""
    rows = LimitRefusal.objects.filter(last_refused_at__gt=now - ACTIVITY_WINDOW).exclude(is_mistake=True)
    by_customer = (
        rows.order_by()
        .values_list("user_id")
        .annotate(refused=Sum("count"), newest=Max("last_refused_at"))
        .order_by("-refused")
    )
    return [RefusalActivity(*row) for row in by_customer[:ACTIVITY_SUBJECTS_MAX]]


def count_mistakes_since_each(times: Sequence[datetime]) -> list[int]:
    """How many refusals since each of these times staff call a mistake."""
    mistakes = LimitRefusal.objects.filter(is_mistake=True, last_refused_at__gte=min(times))
    counts = {
        f"since_{number}": Count("id", filter=Q(last_refused_at__gte=at)) for number, at in enumerate(times)
    }
    return list(mistakes.aggregate(**counts).values())
