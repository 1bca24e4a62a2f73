"""A customer's statement, as a page and as a file."""

import csv
import re
import uuid
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from foundation.money import MINUS
from payments.pages import statement
from tests.pages.test_buying import words
from tokens.kinds import AccountKind, EntryType, ServiceCall
from tokens.queries.wallets import wallet_of
from tokens.services import ledger, spending

pytestmark = pytest.mark.django_db


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


@pytest.fixture
def march(alice):
    """A hundred tokens on the 1st, 30 spent on the 10th, 5 on the 20th for reasons that a spreadsheet would run."""
    ledger.post(
        entry_type=EntryType.PURCHASE,
        reference=f"test:{uuid.uuid4()}",
        account_id=wallet_of(alice.pk).account_id,
        counter_lines={AccountKind.ISSUANCE: -100},
        package_code="basic",
        now=day(1),
    )
    for number, amount in ((10, 30), (20, 5)):
        call = ServiceCall("renderer", str(number), "=1+1")
        spending.spend(user_id=alice.pk, amount=amount, call=call, now=day(number))


def rows(answer) -> list[list[str]]:
    return list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))


def test_the_page_opens_tells_and_closes(march, alices):
    page = words(alices.get("/wallet/statement", {"from": "2026-03-02", "to": "2026-03-15"}))
    assert f"Opening balance 2 Mar 2026 100 Spent tokens: =1+1 10 Mar 2026, 12:00 UTC {MINUS}30 70" in page
    assert "Closing balance 15 Mar 2026 70" in page


def test_without_days_it_is_this_month(alices):
    page = words(alices.get("/wallet/statement"))
    assert "Opening balance 1 " in page
    assert "Statements" in words(alices.get("/wallet"))


def test_the_file_has_every_line_and_no_formula(march, alices):
    answer = alices.get("/wallet/statement.csv", {"from": "2026-03-01", "to": "2026-03-31"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="statement-2026-03-01-2026-03-31.csv"'
    assert [row[:5] for row in rows(answer)] == [
        ["Time (UTC)", "What", "Type", "Tokens", "Balance after"],
        ["2026-03-01", "Opening balance", "", "", "0"],
        ["2026-03-01 12:00:00", "Bought tokens: Basic", "purchase", "100", "100"],
        ["2026-03-10 12:00:00", "Spent tokens: =1+1", "spend", "-30", "70"],
        ["2026-03-20 12:00:00", "Spent tokens: =1+1", "spend", "-5", "65"],
        ["2026-03-31", "Closing balance", "", "", "65"],
    ]


@pytest.mark.parametrize("words_of_a_service", ["=1+1", "@SUM(A1)", "\t=1+1"])
def test_no_words_are_run_by_a_spreadsheet(march, alices, monkeypatch, words_of_a_service):
    monkeypatch.setattr("tokens.queries.entries.describe", lambda _posting: words_of_a_service)
    answer = alices.get("/wallet/statement.csv", {"from": "2026-03-01", "to": "2026-03-31"})
    assert {row[1] for row in rows(answer)[2:-1]} == {f"'{words_of_a_service.strip()}"}


def test_a_page_shows_so_many_lines_and_says_where_the_others_are(march, alices, monkeypatch):
    monkeypatch.setattr(statement, "STATEMENT_LINES_SHOWN_MAX", 2)
    page = words(alices.get("/wallet/statement", {"from": "2026-03-01", "to": "2026-03-31"}))
    assert "These are the first 2 lines; the file has all of them." in page
    assert "Closing balance 31 Mar 2026 65" in page


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"from": "yesterday"}, "A day is written as 2026-01-31."),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "The first day is after the last."),
        ({"from": "0001-01-01"}, "No statement begins before 2000-01-01."),
    ],
    ids=["no day", "backwards", "before everything"],
)
@pytest.mark.parametrize("path", ["/wallet/statement", "/wallet/statement.csv"])
def test_what_is_no_period_is_refused_in_clear_words(path, days, said, alices):
    answer = alices.get(path, days)
    assert answer.status_code == 400
    assert f"There is no statement of these days. {said}" in words(answer)


def test_money_stands_beside_tokens(alices, buy, pay):
    purchase = pay(buy(alices))
    alices.get("/checkout/success", {"session_id": purchase.stripe_session_id})
    call = ServiceCall("renderer", "1", "A picture")
    spending.spend(user_id=purchase.buyer_id, amount=10, call=call, now=timezone.now())

    page = words(alices.get("/wallet/statement"))
    told = [(row[3], row[5], row[6]) for row in rows(alices.get("/wallet/statement.csv"))]

    assert "+250 $14.99" in page
    assert f"{MINUS}10 ≈ $1.00" in page
    assert told[1:] == [("", "", ""), ("250", "14.99", "USD"), ("-10", "", ""), ("", "", "")]


def test_the_navigation_says_where_it_belongs(alices):
    assert re.search(
        r'href="/wallet"\s+aria-current="true"', alices.get("/wallet/statement").content.decode()
    )
    assert re.search(r'href="/wallet"\s+aria-current="page"', alices.get("/wallet").content.decode())
    for path in ("/accounts/2fa/", "/accounts/password/set/", "/accounts/3rdparty/", "/accounts/sessions/"):
        page = alices.get(path).content.decode()
        assert re.search(r'href="/accounts/email/"\s+aria-current="true"', page), path


def test_others_see_their_own(march, bob, sign_in):
    page = words(sign_in(bob).get("/wallet/statement", {"from": "2026-03-01", "to": "2026-03-31"}))
    assert "Closing balance 31 Mar 2026 0" in page
