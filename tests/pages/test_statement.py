"""A customer's statement, as a page and as a file."""

import csv
import uuid
from datetime import UTC, datetime

import pytest

from foundation.money import MINUS
from tests.pages.test_buying import words
from tokens.kinds import AccountKind, EntryType, ServiceCall
from tokens.pages import statement
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


@pytest.mark.parametrize(
    ("text", "plain"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("Spent tokens: =1", "Spent tokens: =1")],
)
def test_no_words_are_run_by_a_spreadsheet(text, plain):
    assert statement._plain(text) == plain


def test_a_page_shows_so_many_lines_and_says_where_the_others_are(march, alices, monkeypatch):
    monkeypatch.setattr(statement, "STATEMENT_LINES_SHOWN_MAX", 2)
    page = words(alices.get("/wallet/statement", {"from": "2026-03-01", "to": "2026-03-31"}))
    assert "These are the first 2 lines; the file has all of them." in page
    assert "Closing balance 31 Mar 2026 65" in page


@pytest.mark.parametrize(
    "days", [{"from": "yesterday"}, {"from": "2026-03-02", "to": "2026-03-01"}, {"from": "0001-01-01"}]
)
@pytest.mark.parametrize("path", ["/wallet/statement", "/wallet/statement.csv"])
def test_what_is_no_period_is_refused(path, days, alices):
    assert alices.get(path, days).status_code == 400


def test_others_see_their_own(march, bob, sign_in):
    page = words(sign_in(bob).get("/wallet/statement", {"from": "2026-03-01", "to": "2026-03-31"}))
    assert "Closing balance 31 Mar 2026 0" in page
