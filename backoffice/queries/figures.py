"""The numbers of the dashboard, put together from the apps that know them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from payments.queries.measures import CreditCounts, Latencies, credit_counts, latencies_since_each
from payments.queries.sales import DaysSales, sales_by_day, starts_by_day
from security.kinds import Severity
from security.queries.alerts import count_opened_since_each, count_unresolved_by_age
from security.queries.limit_refusals import count_mistakes_since_each
from tokens.kinds import LotKind
from tokens.queries.lots import outstanding_by_kind

WINDOWS = {"Today": 1, "7 days": 7, "30 days": 30}
OUTSTANDING = "outstanding"  # what is known of it is kept by this name
AGES = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Credits:
    """What one window tells of paying: what was paid and credited, and the slowest of 95 in 100 in seconds."""

    paid: int
    credited: int
    overdue: int
    credit_seconds: float | None
    mirror_seconds: float | None


@dataclass(frozen=True, slots=True)
class Guarding:
    """What one window tells of security: alerts that were opened, refusals that were a mistake."""

    opened: int
    mistakes: int


def first_day(now: datetime, days: int) -> datetime:
    """When a window of so many days of UTC, today included, begins."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)


def credits_by_window(now: datetime) -> dict[int, Credits]:
    """What each window tells of paying, by its days."""
    begins = {days: first_day(now, days) for days in WINDOWS.values()}
    seconds = latencies_since_each(list(begins.values()))
    return {days: _credits(credit_counts(now=now, since=at), seconds[at]) for days, at in begins.items()}


def guarding_by_window(now: datetime) -> dict[int, Guarding]:
    """What each window tells of security, by its days."""
    begins = [first_day(now, days) for days in WINDOWS.values()]
    counts = zip(count_opened_since_each(begins), count_mistakes_since_each(begins), strict=True)
    return {days: Guarding(*each) for days, each in zip(WINDOWS.values(), counts, strict=True)}


def sales(now: datetime) -> list[DaysSales]:
    """What the longest window sold, by day."""
    return sales_by_day(since=first_day(now, max(WINDOWS.values())))


def starts(now: datetime) -> list[tuple[date, str, int]]:
    """What became of those who began to buy in the longest window, by day."""
    return starts_by_day(since=first_day(now, max(WINDOWS.values())))


def outstanding(_: datetime) -> dict[LotKind, int]:
    """What the house owes in tokens."""
    return outstanding_by_kind()


def unresolved_alerts(now: datetime) -> dict[Severity, list[int]]:
    """The alerts that wait, by severity and `AGES`."""
    return count_unresolved_by_age(now=now, ages=AGES)


def _credits(counts: CreditCounts, seconds: Latencies) -> Credits:
    return Credits(
        counts.paid,
        counts.credited,
        counts.failed,
        _slowest_of_95(seconds.paid_to_credited),
        _slowest_of_95(seconds.credited_to_mirrored),
    )


def _slowest_of_95(seconds: Sequence[float]) -> float | None:
    ranked = sorted(seconds)
    return ranked[math.ceil(0.95 * len(ranked)) - 1] if ranked else None
