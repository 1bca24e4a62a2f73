"""A customer's statement of a period of days, as a page and as a file, with money beside tokens."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation.csv_lines import csv_lines
from foundation.money import decimals_of
from payments.pages.caller import customer_id
from payments.pages.lines import Line, lines_of
from tokens.errors import InvalidPeriod
from tokens.limits import STATEMENT_FIRST_DAY, STATEMENT_LINES_SHOWN_MAX
from tokens.queries import prices
from tokens.queries.statements import Statement, statement_of

COLUMNS = ("Time (UTC)", "What", "Type", "Tokens", "Balance after", "Paid", "Currency", "Transaction")
ROWS_READ_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a statement, both included, in UTC."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The last moment before the first day."""
        return datetime.combine(self.first, time.min, UTC) - timedelta(microseconds=1)

    @property
    def until(self) -> datetime:
        """The last moment of the last day."""
        return datetime.combine(self.last, time.max, UTC)


@never_cache
@require_safe
@login_required
def statement(request: HttpRequest) -> HttpResponse:
    """The balance before, what happened, oldest first, and the balance after; this month if no days are named."""
    days, made = _made(request)
    lines = lines_of(customer_id(request), list(made.lines[: STATEMENT_LINES_SHOWN_MAX + 1]))
    context = {
        "days": days,
        "first_day": STATEMENT_FIRST_DAY,
        "regular_price": prices.regular_price(),
        "statement": made,
        "lines": lines[:STATEMENT_LINES_SHOWN_MAX],
        "shown_max": STATEMENT_LINES_SHOWN_MAX if len(lines) > STATEMENT_LINES_SHOWN_MAX else None,
    }
    return render(request, "payments/statement.html", context)


@never_cache
@require_safe
@login_required
def statement_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file, with all lines however many, read and sent a thousand at a time."""
    days, made = _made(request)
    lines = csv_lines(_rows(customer_id(request), days, made))
    name = f"statement-{days.first}-{days.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _made(request: HttpRequest) -> tuple[Days, Statement]:
    today = timezone.now().astimezone(UTC).date()
    days = Days(_day(request, "from", today.replace(day=1)), _day(request, "to", today))
    if days.first > days.last:
        raise InvalidPeriod("The first day is after the last.")
    if days.first < STATEMENT_FIRST_DAY:
        raise InvalidPeriod(f"No statement begins before {STATEMENT_FIRST_DAY}.")
    return days, statement_of(customer_id(request), since=days.since, until=days.until)


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    text = request.GET.get(name)
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidPeriod("A day is written as 2026-01-31.") from error


def _rows(owner_id: uuid.UUID, days: Days, made: Statement) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    yield (days.first, "Opening balance", "", "", made.opening_balance, "", "", "")
    postings = made.lines.iterator(chunk_size=ROWS_READ_AT_ONCE)
    while chunk := list(islice(postings, ROWS_READ_AT_ONCE)):
        yield from map(_row, lines_of(owner_id, chunk))
    yield (days.last, "Closing balance", "", "", made.closing_balance, "", "", "")


def _row(line: Line) -> tuple[object, ...]:
    posting, entry = line.posting, line.posting.entry
    moment = entry.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    told = (moment, line.words, entry.type, posting.amount, posting.balance_after)
    return *told, *_paid(line), entry.id


def _paid(line: Line) -> tuple[str, str]:
    """What was paid for it, as a number that a spreadsheet adds up, and in which currency."""
    if line.purchase is None or not line.is_paid:
        return "", ""
    places = decimals_of(line.purchase.currency)
    return f"{line.purchase.price_cents / 10**places:.{places}f}", line.purchase.currency.upper()
