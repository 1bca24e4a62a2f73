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
from backoffice.services.counted import counted
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


def charts(request: HttpRequest, *, now: datetime) -> list[Chart]:
    """What this person may see: each chart is about a table whose page they may open."""
    return [make(now) for label, make in _CHARTS if sees(request, label)]


def _chart(
    name: str,
    count: Callable[[datetime], Any],
    now: datetime,
    draw: Callable[[Any], tuple[Sequence[Row], Sequence[Column]]],
    *,
    title: str,
    words: str,
    headers: Sequence[str],
    fresh_seconds: int = FIGURES_FRESH_SECONDS,
) -> Chart:
    known = counted(f"{name}:{now:%Y-%m-%d}", lambda: count(now), fresh_seconds=fresh_seconds, now=now)
    rows, columns = draw(known.value) if known else ((), ())
    return Chart(title, words, headers, rows, known.at if known else None, columns)


def revenue(now: datetime) -> Chart:
    """What was sold of each package, in money."""
    return _chart(
        "sales",
        figures.sales,
        now,
        lambda days: (_by_package(days, now, _money, _cents), _money_by_day(days, now)),
        title="Revenue by package",
        words="Of credited purchases, by the day of the credit (UTC). What went back later is not taken off.",
        headers=("Package", *WINDOWS),
    )


def tokens_sold(now: datetime) -> Chart:
    """What was sold of each package, in tokens."""
    return _chart(
        "sales",
        figures.sales,
        now,
        lambda days: (_by_package(days, now, _tokens, _count), ()),
        title="Tokens sold by package",
        words="With their bonus.",
        headers=("Package", *WINDOWS),
    )


def funnel(now: datetime) -> Chart:
    """How many of those who began to buy got to the end."""
    return _chart(
        "starts",
        figures.starts,
        now,
        lambda days: (_by_status(days, now), ()),
        title="Checkout funnel",
        words="Purchases by the day of their start (UTC), and where they stand now.",
        headers=("Stands at", *WINDOWS),
    )


def liability(now: datetime) -> Chart:
    """What customers have and may still spend."""
    return _chart(
        "outstanding",
        figures.outstanding,
        now,
        lambda by_kind: (_by_kind(by_kind), ()),
        title="Tokens outstanding",
        words="What customers have, by how they came by it; what was bought and given for it is owed to them.",
        headers=("Kind of lot", "Tokens"),
        fresh_seconds=LIABILITY_FRESH_SECONDS,
    )


def waiting_alerts(now: datetime) -> Chart:
    """What waits for somebody, and since when."""
    return _chart(
        "alerts",
        figures.unresolved_alerts,
        now,
        lambda by_severity: (_by_severity(by_severity), ()),
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
        by_package[(each.package_code, each.currency)].append(each)
    has_one_currency = len({each.currency for each in days}) == 1
    total = count(days)
    return [
        Row(
            package if has_one_currency else f"{package} ({currency})",
            [tell(_within(sold, now, window)) for window in WINDOWS.values()],
            list_url("payments.Purchase", settled_at__gte=first_day(now, LONGEST)),
            _percent(count(sold), total),
        )
        for (package, currency), sold in sorted(by_package.items())
    ]


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
    """Columns of the currency that brings the most; a table of another would not add up with them."""
    sums: defaultdict[str, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    for each in days:
        sums[each.currency][each.day] += each.cents
    if not sums:
        return []
    currency, by_day = max(sums.items(), key=lambda pair: sum(pair[1].values()))
    most = max(by_day.values())
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


_CHARTS: Final[tuple[tuple[str, Callable[[datetime], Chart]], ...]] = (
    ("payments.Purchase", revenue),
    ("payments.Purchase", tokens_sold),
    ("payments.Purchase", funnel),
    ("tokens.Lot", liability),
    ("security.Alert", waiting_alerts),
)
