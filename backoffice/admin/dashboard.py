"""What needs somebody's attention now, each number with the page behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest

from backoffice.queries.proposals import waiting
from foundation.admin import sees
from foundation.admin_lists import list_url
from mirror import queries as mirror
from payments.queries import discrepancies, inbox, purchases
from security.queries.alerts import count_open_by_severity


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the dashboard: how many, in words, and whether somebody has to act."""

    title: str
    number: int
    words: str
    is_urgent: bool
    url: str


@dataclass(frozen=True, slots=True)
class _Reading:
    number: int
    words: str
    is_urgent: bool


def cards(request: HttpRequest, *, now: datetime) -> list[Card]:
    """The numbers behind the pages that this person may open."""
    shown = []
    for title, label, filters, read in _READINGS:
        if sees(request, label):
            reading = read(now)
            url = list_url(label, **filters)
            shown.append(Card(title, reading.number, reading.words, reading.is_urgent, url))
    return shown


def _open_alerts(_: datetime) -> _Reading:
    by_severity = {severity: count for severity, count in count_open_by_severity().items() if count}
    words = ", ".join(
        f"{count} {severity.label.lower()}" for severity, count in reversed(by_severity.items())
    )
    return _Reading(sum(by_severity.values()), words or "Nothing was raised", bool(by_severity))


def _stuck_purchases(now: datetime) -> _Reading:
    stuck = purchases.stuck_count(now=now)
    return _Reading(stuck, "Past their time, outcome unknown", bool(stuck))


def _inbox(_: datetime) -> _Reading:
    waiting, parked = inbox.backlog(), inbox.parked_count()
    return _Reading(waiting + parked, f"{waiting} waiting, {parked} parked", bool(parked))


def _outbox(now: datetime) -> _Reading:
    waiting, parked, lag = mirror.backlog(), mirror.parked_count(), mirror.lag_seconds(now)
    words = f"{waiting} waiting, {parked} parked; the oldest for {lag:.0f} s"
    return _Reading(waiting + parked, words, bool(parked))


def _proposals(now: datetime) -> _Reading:
    waits = waiting(now=now).count()
    return _Reading(waits, "For a second person to decide", bool(waits))


def _discrepancies(_: datetime) -> _Reading:
    count = discrepancies.open_count()
    return _Reading(count, "Found by reconciliation, and still there", bool(count))


# Title, the table behind the number, the filter that shows the rows counted, and how to count.
_READINGS: Final[tuple[tuple[str, str, dict[str, str], Callable[[datetime], _Reading]], ...]] = (
    ("Waiting proposals", "backoffice.Proposal", {"status__exact": "proposed"}, _proposals),
    ("Open alerts", "security.Alert", {"status__exact": "open"}, _open_alerts),
    ("Stuck purchases", "payments.Purchase", {"attention": "stuck"}, _stuck_purchases),
    ("Discrepancies", "payments.Discrepancy", {"status__exact": "open"}, _discrepancies),
    ("Events to handle", "payments.InboxEvent", {"status__in": "received,failed,parked"}, _inbox),
    ("Changes to mirror", "mirror.OutboxRow", {}, _outbox),
)
