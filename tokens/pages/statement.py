"""A customer's statement of a period of days, as a page and as a file."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from identity.queries.users import customer_id_of
from tokens.limits import STATEMENT_LINES_SHOWN_MAX
from tokens.models import Posting
from tokens.queries.entries import describe
from tokens.queries.statements import Statement, statement_of

COLUMNS = ("Time (UTC)", "What", "Type", "Tokens", "Balance after", "Transaction")
ROWS_READ_AT_ONCE = 1_000
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    lines = [(line, describe(line)) for line in made.lines[: STATEMENT_LINES_SHOWN_MAX + 1]]
    context = {
        "days": days,
        "statement": made,
        "lines": lines[:STATEMENT_LINES_SHOWN_MAX],
        "shown_max": STATEMENT_LINES_SHOWN_MAX if len(lines) > STATEMENT_LINES_SHOWN_MAX else None,
    }
    return render(request, "tokens/statement.html", context)


@never_cache
@require_safe
@login_required
def statement_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file, with all lines however many, read and sent a thousand at a time."""
    days, made = _made(request)
    writer = csv.writer(_Echo())
    rows: Iterable[str] = (writer.writerow(row) for row in _rows(days, made))
    name = f"statement-{days.first}-{days.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


def _made(request: HttpRequest) -> tuple[Days, Statement]:
    today = timezone.now().astimezone(UTC).date()
    days = Days(_day(request, "from", today.replace(day=1)), _day(request, "to", today))
    if days.first > days.last or days.first == date.min:
        raise BadRequest("The first day is after the last.")
    return days, statement_of(customer_id_of(request.user), since=days.since, until=days.until)


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    text = request.GET.get(name)
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("A day is written as 2026-01-31.") from error


def _rows(days: Days, made: Statement) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    yield (days.first, "Opening balance", "", "", made.opening_balance, "")
    for line in made.lines.iterator(chunk_size=ROWS_READ_AT_ONCE):
        yield _row(line)
    yield (days.last, "Closing balance", "", "", made.closing_balance, "")


def _row(line: Posting) -> tuple[object, ...]:
    entry = line.entry
    moment = entry.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return moment, _plain(describe(line)), entry.type, line.amount, line.balance_after, entry.id


def _plain(text: str) -> str:
    """Words that no spreadsheet runs: those of services come from outside."""
    return f"'{text}" if text.startswith(FORMULA) else text


class _Echo:
    """What a CSV writer writes to: it gives each line back, to be sent."""

    def write(self, line: str) -> str:
        return line
