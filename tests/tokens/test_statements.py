"""Statements of any period, and the balance at any moment."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tokens.conftest import Bank
from tokens.queries.statements import statement_of

HOUR = timedelta(hours=1)


@pytest.fixture
def start() -> datetime:
    return timezone.now()


@pytest.fixture
def history(sound_bank: Bank, start: datetime) -> Bank:
    """Ten tokens at each of nine hours, the third and the fourth at one moment."""
    for hour in (1, 2, 3, 3, 5, 6, 7, 8, 9):
        sound_bank.credit(10, now=start + hour * HOUR)
    return sound_bank


def test_a_statement_opens_where_the_one_before_closed(history: Bank, start: datetime):
    first = statement_of(history.alice.id, since=None, until=start + 3 * HOUR)
    second = statement_of(history.alice.id, since=start + 3 * HOUR, until=start + 7 * HOUR)
    assert (first.opening_balance, first.closing_balance, len(first.lines)) == (0, 40, 4)
    assert (second.opening_balance, second.closing_balance) == (40, 70)
    assert [line.seq for line in second.lines] == [5, 6, 7]


def test_before_the_first_entry_and_after_the_last_nothing_happened(history: Bank, start: datetime):
    early = statement_of(history.alice.id, since=start - HOUR, until=start)
    late = statement_of(history.alice.id, since=start + 9 * HOUR, until=start + 10 * HOUR)
    assert (early.opening_balance, early.closing_balance, list(early.lines)) == (0, 0, [])
    assert (late.opening_balance, late.closing_balance, list(late.lines)) == (90, 90, [])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(0, 600))
def test_the_balance_at_any_moment_is_what_had_come_by_then(history: Bank, start: datetime, minutes: int):
    moment = start + timedelta(minutes=minutes)
    expected = sum(10 for hour in (1, 2, 3, 3, 5, 6, 7, 8, 9) if hour * 60 <= minutes)
    assert statement_of(history.alice.id, since=None, until=moment).closing_balance == expected


def test_a_statement_takes_as_many_statements_however_long_the_history(
    history: Bank, start: datetime, django_assert_num_queries
):
    with django_assert_num_queries(6):
        made = statement_of(history.alice.id, since=start, until=start + 9 * HOUR)
        assert len(list(made.lines)) == 9
