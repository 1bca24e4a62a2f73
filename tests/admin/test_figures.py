"""The dashboard's numbers are those that somebody counts by hand, and lead to the rows that they count."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.services.counted import counted
from backoffice.tasks import count_outstanding
from mirror.models import MirroredDocument
from payments.kinds import PurchaseStatus, QuarantineReason
from payments.models import Purchase
from security.models import Alert, LimitRefusal
from tests.admin.conftest import SignedIn
from tests.admin.rows import BASIC, NOW, alert, event, limit_refusal, purchase, settled_purchase
from tokens.services.packages import put_on_sale

TODAY = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
AGO = {
    "alice": timedelta(hours=1),
    "bob": timedelta(days=3),
    "dave": timedelta(days=20),
    "erin": timedelta(days=40),
}
QUERIES_MAX = 25


@pytest.fixture
def history(db: None) -> None:
    """Four credits of Basic, one paid and quarantined, one expired; three alerts, one of them resolved; a mistake."""
    for name, ago in AGO.items():
        at = TODAY - ago
        bought = settled_purchase(name)
        Purchase.objects.filter(id=bought.id).update(started_at=at, settled_at=at)
        paid = {"data": {"object": {"payment_status": "paid"}}}
        event(
            purchase_id=bought.id, payload=paid, stripe_created_at=at - timedelta(seconds=1.5), received_at=at
        )
        MirroredDocument.objects.create(
            path=f"transactions/{bought.entry_id}",
            kind="wallet",
            subject_id=name,
            delivered_at=at + timedelta(seconds=3),
        )
    purchase(
        "frank",
        status=PurchaseStatus.QUARANTINED,
        quarantine_reason=QuarantineReason.AMOUNT,
        started_at=TODAY - timedelta(hours=2),
        closed_at=TODAY - timedelta(hours=2),
    )
    purchase("grace", status=PurchaseStatus.EXPIRED, started_at=TODAY - timedelta(days=5), closed_at=TODAY)
    ages = {"new": timedelta(minutes=5), "old": timedelta(days=9), "done": timedelta(days=2)}
    for number, (key, age) in enumerate(ages.items()):
        raised = alert(key, severity="critical" if number else "low", now=TODAY - age)
        if key == "done":
            Alert.objects.filter(id=raised.id).update(
                status="resolved", resolution="fixed", resolved_at=TODAY
            )
    mistake = limit_refusal("alice")
    LimitRefusal.objects.filter(id=mistake.id).update(
        is_mistake=True, labelled_at=TODAY, last_refused_at=TODAY - timedelta(days=8)
    )


def shown(client: Client) -> Any:
    with time_machine.travel(TODAY, tick=False):
        return client.get("/admin/").context


@pytest.mark.usefixtures("history")
def test_the_measures_of_success_are_counted_by_windows(superuser: Client) -> None:
    rows = shown(superuser)["measures"].rows
    told = {row.title: [(cell.words, cell.is_met) for cell in row.cells] for row in rows}
    assert told == {
        "Credited of what Stripe calls paid": [
            ("50.00% (1 of 2)", False),
            ("66.67% (2 of 3)", False),
            ("75.00% (3 of 4)", False),
        ],
        "Paid → credited, 95 in 100 within": [("1.5 s", True)] * 3,
        "Credited → in Firestore, 95 in 100 within": [("3.0 s", False)] * 3,
        "Paid and not credited for over 2 minutes, now": [("1", False), ("—", None), ("—", None)],
        "Alerts opened a day, after grouping": [("1", True), ("0.3", True), ("0.1", True)],
        "Refusals by a limit that were a mistake, a week": [("0", True), ("0", True), ("0.2", True)],
    }


@pytest.mark.usefixtures("history")
def test_the_charts_tell_the_numbers_of_a_small_history(superuser: Client) -> None:
    charts = {chart.title: chart for chart in shown(superuser)["charts"]}
    told = {title: {row.label: list(row.cells) for row in chart.rows} for title, chart in charts.items()}
    assert told["Revenue by package"] == {"basic": ["$14.99", "$29.98", "$44.97"]}
    assert told["Tokens sold by package"] == {"basic": ["250", "500", "750"]}
    funnel = told["Checkout funnel"]
    assert funnel["Started in all"] == ["2", "4", "5"]
    assert (funnel["Settled"], funnel["Quarantined"], funnel["Expired"]) == (
        ["1", "2", "3"],
        ["1", "1", "1"],
        ["0", "1", "1"],
    )
    assert told["Tokens outstanding"] == {
        "Purchased": ["800"],
        "Bonus": ["200"],
        "Promotional": ["0"],
        "Adjustment": ["0"],
        "In all": ["1,000"],
    }
    assert told["Unresolved alerts"] == {
        "Critical": ["0", "0", "0", "1"],
        "High": ["0"] * 4,
        "Medium": ["0"] * 4,
        "Low": ["1", "0", "0", "0"],
    }
    assert [row.share for row in charts["Tokens sold by package"].rows] == [100]
    columns = charts["Revenue by package"].columns
    assert [(each.label, each.words, each.height) for each in columns if each.height] == [
        ("28 Feb", "$14.99", 100),
        ("17 Mar", "$14.99", 100),
        ("20 Mar", "$14.99", 100),
    ]
    assert len(columns) == 30


@pytest.mark.usefixtures("history")
def test_each_number_leads_to_the_rows_that_it_counts(superuser: Client) -> None:
    context = shown(superuser)
    by_title = {chart.title: chart for chart in context["charts"]}
    rows = {row.label: row for row in by_title["Checkout funnel"].rows}
    expected = {rows["Settled"].url: 3, rows["Started in all"].url: 5}
    expected |= {column.url: 1 for column in by_title["Revenue by package"].columns if column.height}
    expected |= {row.url: 1 for row in by_title["Unresolved alerts"].rows if row.label in {"Critical", "Low"}}
    expected |= {context["measures"].rows[-1].url: 1, context["measures"].rows[-2].url: 3}
    for address, count in expected.items():
        assert superuser.get(address).context["cl"].result_count == count, address
    everything = [row for chart in context["charts"] for row in chart.rows] + list(context["measures"].rows)
    one_of_each = {re.sub(r"=[^&]*", "", row.url): row.url for row in everything if row.url not in expected}
    for address in one_of_each.values():
        assert superuser.get(address).status_code == 200, address


@pytest.mark.usefixtures("history")
def test_nobody_is_told_more_than_their_rights_permit(staff: SignedIn) -> None:
    guard = shown(staff("security.view_alert", name="harry"))
    assert [chart.title for chart in guard["charts"]] == ["Unresolved alerts"]
    assert [row.title for row in guard["measures"].rows] == ["Alerts opened a day, after grouping"]
    nobody = shown(staff(name="ivy"))
    assert nobody["charts"] == []
    assert nobody["measures"].rows == []


@pytest.mark.django_db
def test_a_day_without_anything(superuser: Client) -> None:
    context = shown(superuser)
    assert [cell.words for cell in context["measures"].rows[0].cells] == ["—"] * 3
    revenue = context["charts"][0]
    assert (list(revenue.rows), list(revenue.columns)) == ([], [])


@pytest.mark.usefixtures("history")
def test_unlike_money_is_never_added_up_and_tokens_are(superuser: Client) -> None:
    Purchase.objects.filter(buyer__email="bob@example.com").update(currency="eur")
    euros, dollars, tokens, *_ = shown(superuser)["charts"]
    assert (euros.title, dollars.title) == ("Revenue by package, EUR", "Revenue by package, USD")
    assert [(row.label, row.cells[2], row.share) for row in euros.rows] == [("basic", "€14.99", 100)]
    assert [(row.label, row.cells[2], row.share) for row in dollars.rows] == [("basic", "$29.98", 100)]
    for chart, words in ((euros, ["€14.99"]), (dollars, ["$14.99"] * 2)):
        assert [(column.words, column.height) for column in chart.columns if column.height] == [
            (each, 100) for each in words
        ]
    assert [(row.label, row.cells[2], row.share) for row in tokens.rows] == [("basic", "750", 100)]


@pytest.mark.usefixtures("history")
def test_the_dashboard_asks_little_and_the_second_time_less(superuser: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(superuser)
        return len(asked)

    first, second = statements(), statements()
    assert second < first <= QUERIES_MAX


@pytest.mark.usefixtures("history")
def test_a_worker_counts_the_liability_before_somebody_asks(superuser: Client) -> None:
    def liability() -> Any:
        (chart,) = [each for each in shown(superuser)["charts"] if each.title == "Tokens outstanding"]
        return chart

    with time_machine.travel(TODAY - timedelta(minutes=9), tick=False):
        count_outstanding()
    assert liability().counted_at == TODAY - timedelta(minutes=9)
    with time_machine.travel(TODAY - timedelta(minutes=4), tick=False):
        count_outstanding()
    assert liability().counted_at == TODAY - timedelta(minutes=4)
    assert liability().rows[-1].cells != ["0"]


def test_while_one_counts_the_others_get_what_there_is() -> None:
    asked: list[str] = []

    def count() -> int:
        asked.append("counted")
        assert counted("sheep", lambda: 99, fresh_seconds=0, now=NOW) in {None, *known}
        return len(asked)

    known: list[Any] = []
    first = counted("sheep", count, fresh_seconds=60, now=NOW)
    assert first is not None
    assert first.value == 1
    assert counted("sheep", count, fresh_seconds=60, now=NOW) == first
    known.append(first)
    second = counted("sheep", count, fresh_seconds=0, now=NOW)
    assert second is not None
    assert second.value == 2

    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        counted("sheep", fail, fresh_seconds=0, now=NOW)
    assert counted("sheep", lambda: 3, fresh_seconds=0, now=NOW).value == 3  # type: ignore[union-attr] # nobody counts now


@pytest.mark.django_db
def test_what_is_counted_for_the_first_time_elsewhere_says_so(superuser: Client) -> None:
    for name in ("sales", "credits"):
        cache.add(f"counting:{name}:{TODAY:%Y-%m-%d}", 1, 60)
    with time_machine.travel(TODAY, tick=False):
        page = superuser.get("/admin/")
    assert "Being counted just now" in page.content.decode()
    assert page.context["measures"].rows[0].cells == []


@pytest.mark.django_db
def test_a_bar_is_the_packages_share_of_what_its_table_tells(superuser: Client) -> None:
    settled_purchase("alice")
    dear = settled_purchase("bob").id
    put_on_sale(code="dear", terms=BASIC, now=TODAY)
    Purchase.objects.filter(id=dear).update(package_id="dear", price_cents=4497, tokens=100, bonus_tokens=150)
    Purchase.objects.update(settled_at=TODAY)
    Purchase.objects.exclude(id=dear).update(tokens=700, bonus_tokens=50)

    shares = {
        chart.title: {row.label: row.share for row in chart.rows} for chart in shown(superuser)["charts"]
    }
    assert shares["Revenue by package"] == {"basic": 25, "dear": 75}
    assert shares["Tokens sold by package"] == {"basic": 75, "dear": 25}
