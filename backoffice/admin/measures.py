"""The five measures of success beside their targets: docs/architecture.md says what each is counted from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.http import HttpRequest

from backoffice.limits import FIGURES_FRESH_SECONDS
from backoffice.queries import figures
from backoffice.queries.figures import WINDOWS, Credits, Guarding, first_day
from backoffice.services.counted import Counted, counted, of_day
from foundation.admin import DASH, sees
from foundation.admin_lists import list_url

CREDITED_MIN = 0.99
SECONDS_MAX = 2
ALERTS_A_DAY_MAX = 5
MISTAKES_A_WEEK_MAX = 2
DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """A window's number in words, and whether it is within the target; None: nothing was measured."""

    words: str
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: what it is, its target, its numbers by window, the rows behind it."""

    title: str
    target: str
    cells: Sequence[Cell]
    url: str


@dataclass(frozen=True, slots=True)
class Measures:
    """Those that this person may see, and when they were counted."""

    rows: Sequence[Measure]
    counted_at: datetime | None
    headers: Sequence[str] = tuple(WINDOWS)


def measures(request: HttpRequest, *, now: datetime) -> Measures:
    """The measures whose rows this person may see."""
    rows: list[Measure] = []
    times = []
    for label, name, count, make in _SOURCES:
        if sees(request, label):
            known = counted(
                of_day(name, now=now), partial(count, now), fresh_seconds=FIGURES_FRESH_SECONDS, now=now
            )
            rows += make(known, now)
            times += [known.at] if known else []
    return Measures(rows, min(times, default=None))


def _of_payments(known: Counted[dict[int, Credits]] | None, now: datetime) -> list[Measure]:
    windows = list(known.value.values()) if known else []
    begin = first_day(now, max(WINDOWS.values()))
    bought = list_url("payments.Purchase", settled_at__gte=begin)
    return [
        Measure(
            "Credited of what Stripe calls paid", "over 99 %", [_share(each) for each in windows], bought
        ),
        Measure(
            "Paid → credited, 95 in 100 within",
            "2 s",
            [_seconds(each.credit_seconds) for each in windows],
            bought,
        ),
        Measure(
            "Credited → in Firestore, 95 in 100 within",
            "2 s",
            [_seconds(each.mirror_seconds) for each in windows],
            list_url("mirror.MirroredDocument"),
        ),
        Measure(
            "Paid and not credited for over 2 minutes, now",
            "0",
            [
                *(Cell(str(each.overdue), each.overdue == 0) for each in windows[:1]),
                *(Cell(DASH, None) for _ in windows[1:]),
            ],
            list_url("payments.Purchase", status__exact="quarantined"),
        ),
    ]


def _of_alerts(known: Counted[dict[int, Guarding]] | None, now: datetime) -> list[Measure]:
    windows = known.value if known else {}
    begin = first_day(now, max(WINDOWS.values()))
    return [
        Measure(
            "Alerts opened a day, after grouping",
            f"under {ALERTS_A_DAY_MAX}",
            [_under(each.opened / days, ALERTS_A_DAY_MAX) for days, each in windows.items()],
            list_url("security.Alert", first_seen_at__gte=begin),
        )
    ]


def _of_refusals(known: Counted[dict[int, Guarding]] | None, now: datetime) -> list[Measure]:
    windows = known.value if known else {}
    begin = first_day(now, max(WINDOWS.values()))
    return [
        Measure(
            "Refusals by a limit that were a mistake, a week",
            f"under {MISTAKES_A_WEEK_MAX}",
            [
                _under(each.mistakes * DAYS_OF_WEEK / max(days, DAYS_OF_WEEK), MISTAKES_A_WEEK_MAX)
                for days, each in windows.items()
            ],
            list_url("security.LimitRefusal", is_mistake__exact=1, last_refused_at__gte=begin),
        )
    ]


def _share(each: Credits) -> Cell:
    if not each.paid:
        return Cell(DASH, None)
    share = each.credited / each.paid
    return Cell(f"{share:.2%} ({each.credited:,} of {each.paid:,})", share > CREDITED_MIN)


def _seconds(seconds: float | None) -> Cell:
    return Cell(DASH, None) if seconds is None else Cell(f"{seconds:.1f} s", seconds < SECONDS_MAX)


def _under(number: float, bound: int) -> Cell:
    return Cell(f"{number:,.1f}".removesuffix(".0"), number < bound)


Make = Callable[[Any, datetime], list[Measure]]
_SOURCES: Final[tuple[tuple[str, str, Callable[[datetime], Any], Make], ...]] = (
    ("payments.Purchase", "credits", figures.credits_by_window, _of_payments),
    ("security.Alert", "guarding", figures.guarding_by_window, _of_alerts),
    ("security.LimitRefusal", "guarding", figures.guarding_by_window, _of_refusals),
)
