"""What was sold, and what became of those who wanted to buy, by days of UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from payments.models import Purchase


@dataclass(frozen=True, slots=True)
class DaysSales:
    """What one day brought of one package in one currency. Money that went back later is not taken off."""

    day: date
    package_code: str
    currency: str
    purchases: int
    cents: int
    tokens: int
    bonus_tokens: int


def sales_by_day(*, since: datetime) -> list[DaysSales]:
    """What was credited since then, by the day of the credit."""
    rows = Purchase.objects.filter(settled_at__gte=since).order_by()
    by_day = rows.annotate(day=TruncDate("settled_at", tzinfo=UTC)).values_list(
        "day", "package_id", "currency"
    )
    sums = (Count("id"), Sum("price_cents"), Sum("tokens"), Sum("bonus_tokens"))
    names = ("purchases", "cents", "bought", "given")
    return [DaysSales(*row) for row in by_day.annotate(**dict(zip(names, sums, strict=True)))]


def starts_by_day(*, since: datetime) -> list[tuple[date, str, int]]:
    """How many of the purchases that were started since then stand where now: day of the start, status, number."""
    rows = Purchase.objects.filter(started_at__gte=since).order_by()
    by_day = rows.annotate(day=TruncDate("started_at", tzinfo=UTC)).values_list("day", "status")
    return list(by_day.annotate(count=Count("id")))
