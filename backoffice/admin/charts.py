"""The dashboard's charts: each one table of numbers, with bars beside them and a link to the rows behind each."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest

from backoffice.limits import FIGURES_FRESH_SECONDS, LIABILITY_FRESH_SECONDS
from backoffice.queries import figures
from backoffice.queries.figures import WINDOWS, first_day
from backoffice.services.counted import counted, of_day
from foundation.admin import sees
from foundation.admin_lists import list_url
from foundation.money import in_words
from payments.kinds import PurchaseStatus
from payments.queries.sales import DaysSales
from security.kinds import Severity
from tokens.kinds import LotKind

LONGEST: Final = max(WINDOWS.values())
COLUMN_HEIGHT: Final = 104  # a little more than a hundred, so that the highest has air above it
AGE_WORDS: Final = ("Under an hour", "Under a day", "Under 7 days", "Older")


@dataclass(frozen=True, slots=True)
class Row:
    """What is counted, its numbers in words, the address of the rows behind it, and how long its bar is, in percent."""

    label: str
    cells: Sequence[str]
    url: str
    share: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One day's column: its number in words, and how high it is, in percent."""

    label: str
    words: str
    url: str
    height: int
    at: int

    @property
    def drawn(self) -> int:
        """How high it is drawn: a day without anything has a line, too."""
        return max(self.height, 1)

    @property
    def top(self) -> int:
        """Where it begins, from the top of the chart."""
        return COLUMN_HEIGHT - self.drawn


@dataclass(frozen=True, slots=True)
class Chart:
    """A table with bars, or with `columns` above it."""

    title: str
    words: str
    headers: Sequence[str]
    rows: Sequence[Row]
    counted_at: datetime | None
    columns: Sequence[Column] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a chart shows; `of` says what it is about, where there is one for each of several."""

    rows: Sequence[Row] = ()
    columns: Sequence[Column] = ()
    of: str = ""


def charts(request: HttpRequest, *, now: datetime) -> list[Chart]:
    """What this person may see: each chart is about a table whose page they may open."""
    return [chart for label, make in _CHARTS if sees(request, label) for chart in make(now)]


def _charts(
    name: str,
    count: Callable[[datetime], Any],
    now: datetime,
    draw: Callable[[Any], list[Drawn]],
    *,
    title: str,
    words: str,
    headers: Sequence[str],
    fresh_seconds: int = FIGURES_FRESH_SECONDS,
) -> list[Chart]:
    known = counted(name, lambda: count(now), fresh_seconds=fresh_seconds, now=now)
    at, drawn = (known.at, draw(known.value)) if known else (None, [])
    return [
        Chart(f"{title}, {each.of}" if each.of else title, words, headers, each.rows, at, each.columns)
        for each in drawn or [Drawn()]
    ]


def revenue(now: datetime) -> list[Chart]:
    """What was sold of each package, in money: a chart for each currency, since unlike money does not add up."""
    return _charts(
        of_day("sales", now=now),
        figures.sales,
        now,
        lambda days: [
            Drawn(_by_package(alike, now, _money, _cents), _money_by_day(alike, now), currency)
            for currency, alike in _by_currency(days)
        ],
        title="Revenue by package",
        words="Of credited purchases, by the day of the credit (UTC). What went back later is not taken off.",
        headers=("Package", *WINDOWS),
    )


def tokens_sold(now: datetime) -> list[Chart]:
    """What was sold of each package, in tokens, whatever money they were bought for."""
    return _charts(
        of_day("sales", now=now),
        figures.sales,
        now,
        lambda days: [Drawn(_by_package(days, now, _tokens, _count))],
        title="Tokens sold by package",
        words="With their bonus.",
        headers=("Package", *WINDOWS),
    )


def funnel(now: datetime) -> list[Chart]:
    """How many of those who began to buy got to the end."""
    return _charts(
        of_day("starts", now=now),
        figures.starts,
        now,
        lambda days: [Drawn(_by_status(days, now))],
        title="Checkout funnel",
        words="Purchases by the day of their start (UTC), and where they stand now.",
        headers=("Stands at", *WINDOWS),
    )


def liability(now: datetime) -> list[Chart]:
    """What customers have and may still spend."""
    return _charts(
        figures.OUTSTANDING,
        figures.outstanding,
        now,
        lambda by_kind: [Drawn(_by_kind(by_kind))],
        title="Tokens outstanding",
        words="What customers have, by how they came by it; what was bought and given for it is owed to them.",
        headers=("Kind of lot", "Tokens"),
        fresh_seconds=LIABILITY_FRESH_SECONDS,
    )


def waiting_alerts(now: datetime) -> list[Chart]:
    """What waits for somebody, and since when."""
    return _charts(
        of_day("alerts", now=now),
        figures.unresolved_alerts,
        now,
        lambda by_severity: [Drawn(_by_severity(by_severity))],
        title="Unresolved alerts",
        words="By severity and age.",
        headers=("Severity", *AGE_WORDS),
    )


def _by_package(
    days: Sequence[DaysSales],
    now: datetime,
    tell: Callable[[Sequence[DaysSales]], str],
    count: Callable[[Sequence[DaysSales]], int],
) -> list[Row]:
    """Each package's numbers; its bar is its share of all that `count` finds in the longest window."""
    by_package = defaultdict(list)
    for each in days:
        by_package[each.package_code].append(each)
    return [
        Row(
            package,
            [tell(_within(sold, now, window)) for window in WINDOWS.values()],
            list_url("payments.Purchase", settled_at__gte=first_day(now, LONGEST)),
            _percent(count(sold), count(days)),
        )
        for package, sold in sorted(by_package.items())
    ]


def _by_currency(days: Sequence[DaysSales]) -> list[tuple[str, list[DaysSales]]]:
    """The days of each currency, with its code where there are several."""
    names = sorted({each.currency for each in days})
    alike = [[each for each in days if each.currency == name] for name in names]
    return list(zip([name.upper() if names[1:] else "" for name in names], alike, strict=True))


def _within(days: Sequence[DaysSales], now: datetime, window: int) -> list[DaysSales]:
    first = first_day(now, window).date()
    return [each for each in days if each.day >= first]


def _money(sold: Sequence[DaysSales]) -> str:
    return in_words(_cents(sold), sold[0].currency) if sold else "0"


def _tokens(sold: Sequence[DaysSales]) -> str:
    return f"{_count(sold):,}"


def _cents(sold: Sequence[DaysSales]) -> int:
    return sum(each.cents for each in sold)


def _count(sold: Sequence[DaysSales]) -> int:
    return sum(each.tokens + each.bonus_tokens for each in sold)


def _money_by_day(days: Sequence[DaysSales], now: datetime) -> list[Column]:
    """Columns of days that sold for one currency."""
    by_day: defaultdict[date, int] = defaultdict(int)
    for each in days:
        by_day[each.day] += each.cents
    currency, most = days[0].currency, max(by_day.values())
    begin = first_day(now, LONGEST)
    columns = []
    for number in range(LONGEST):
        at = begin + timedelta(days=number)
        cents = by_day[at.date()]
        url = list_url("payments.Purchase", settled_at__gte=at, settled_at__lt=at + timedelta(days=1))
        columns.append(Column(f"{at:%d %b}", in_words(cents, currency), url, _percent(cents, most), number))
    return columns


def _by_status(days: Sequence[tuple[date, str, int]], now: datetime) -> list[Row]:
    def within(window: int, statuses: frozenset[str]) -> int:
        first = first_day(now, window).date()
        return sum(count for day, status, count in days if day >= first and status in statuses)

    everything = within(LONGEST, frozenset(PurchaseStatus.values))
    steps: list[tuple[str, frozenset[str], dict[str, str]]] = [
        ("Started in all", frozenset(PurchaseStatus.values), {})
    ]
    steps += [
        (status.label, frozenset({status.value}), {"status__exact": status.value})
        for status in PurchaseStatus
    ]
    return [
        Row(
            label,
            [f"{within(window, statuses):,}" for window in WINDOWS.values()],
            list_url("payments.Purchase", started_at__gte=first_day(now, LONGEST), **filters),
            _percent(within(LONGEST, statuses), everything),
        )
        for label, statuses, filters in steps
    ]


def _by_kind(by_kind: dict[LotKind, int]) -> list[Row]:
    total = sum(by_kind.values())
    return [
        Row(
            kind.label,
            [f"{tokens:,}"],
            list_url("tokens.Lot", kind__exact=kind.value),
            _percent(tokens, total),
        )
        for kind, tokens in by_kind.items()
    ] + [Row("In all", [f"{total:,}"], list_url("tokens.Wallet"))]


def _by_severity(by_severity: dict[Severity, list[int]]) -> list[Row]:
    total = sum(sum(counts) for counts in by_severity.values())
    return [
        Row(
            severity.label,
            [f"{count:,}" for count in counts],
            list_url("security.Alert", severity__exact=severity.value, status__in="open,acknowledged"),
            _percent(sum(counts), total),
        )
        for severity, counts in reversed(by_severity.items())
    ]


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


_CHARTS: Final[tuple[tuple[str, Callable[[datetime], list[Chart]]], ...]] = (
    ("payments.Purchase", revenue),
    ("payments.Purchase", tokens_sold),
    ("payments.Purchase", funnel),
    ("tokens.Lot", liability),
    ("security.Alert", waiting_alerts),
)
