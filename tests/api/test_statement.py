"""The statement of a period, through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

STATEMENT = "/api/tokens/statement"


def test_a_customer_reads_the_statement_of_a_period_page_by_page(alice, alices, credit):
    credit(alice, 10)
    since = timezone.now()
    for tokens in (20, 30, 40):
        credit(alice, tokens)

    page = alices.get(STATEMENT, {"since": since.isoformat(), "page_size": 2}).json()

    assert (page["opening_balance"], page["closing_balance"]) == (10, 100)
    assert page["since"].replace("Z", "+00:00") == since.isoformat()
    assert [line["amount"] for line in page["results"]] == [20, 30]
    rest = alices.get(page["next"]).json()
    assert (rest["opening_balance"], [line["amount"] for line in rest["results"]]) == (10, [40])


def test_the_balance_at_a_moment_is_the_closing_one(alice, alices, credit):
    credit(alice, 10)
    moment = timezone.now()
    credit(alice, 20)
    page = alices.get(STATEMENT, {"until": moment.isoformat()}).json()
    assert (page["since"], page["opening_balance"], page["closing_balance"]) == (None, 0, 10)


@pytest.mark.parametrize("period", [{"since": "yesterday"}, {"until": "2026-13-01T00:00:00Z"}])
def test_what_is_no_moment_is_refused(period, alices, refused):
    answer = refused(400, "invalid_request", lambda: alices.get(STATEMENT, period))
    assert list(answer.json()["errors"]) == list(period)


def test_a_period_that_has_not_begun_is_refused(alices, refused):
    period = {"since": (timezone.now() + timedelta(hours=1)).isoformat()}
    answer = refused(400, "invalid_request", lambda: alices.get(STATEMENT, period))
    assert list(answer.json()["errors"]) == ["since"]


def test_a_period_that_ends_before_it_begins_is_refused(alices, refused):
    now = timezone.now()
    period = {"since": now.isoformat(), "until": (now - timedelta(seconds=1)).isoformat()}
    answer = refused(400, "invalid_request", lambda: alices.get(STATEMENT, period))
    assert list(answer.json()["errors"]) == ["since"]
