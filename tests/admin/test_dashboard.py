"""The first page says what needs somebody, and shows nobody what they may not see."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from payments.kinds import InboxStatus
from tests.admin.conftest import SignedIn
from tests.admin.rows import NOW, alert, event, outbox_row, purchase, row_of


def cards(client: Client) -> dict[str, tuple[int, str, bool]]:
    shown = client.get("/admin/").context["cards"]
    return {card.title: (card.number, card.words, card.is_urgent) for card in shown}


@pytest.mark.django_db
def test_a_quiet_day(superuser: Client) -> None:
    shown = cards(superuser)
    assert shown["Open alerts"] == (0, "Nothing was raised", False)
    assert shown["Stuck purchases"][0] == 0
    assert shown["Waiting proposals"] == (0, "For a second person to decide", False)
    assert shown["Events to handle"] == (0, "0 waiting, 0 parked", False)
    number, words, is_urgent = shown["Changes to mirror"]
    assert not is_urgent
    assert f"{number} waiting, 0 parked" in words


@pytest.mark.django_db
def test_each_number_is_true_and_leads_to_the_rows_it_counts(superuser: Client) -> None:
    quiet = cards(superuser)["Changes to mirror"][0]
    alert("purchase-1", severity="critical")
    alert("purchase-2", severity="low")
    alert("purchase-3", severity="low")
    event(status=InboxStatus.FAILED)
    event(status=InboxStatus.PARKED)
    event(status=InboxStatus.PROCESSED)
    outbox_row("wallet-1")
    outbox_row("wallet-2", parked_at=NOW)
    purchase("alice")
    row_of("backoffice.Proposal")
    shown = cards(superuser)
    assert shown["Waiting proposals"][::2] == (1, True)
    assert shown["Open alerts"] == (3, "1 critical, 2 low", True)
    assert shown["Stuck purchases"][::2] == (1, True)
    assert shown["Events to handle"] == (2, "1 waiting, 1 parked", True)
    assert shown["Changes to mirror"][0] > quiet + 1
    assert shown["Changes to mirror"][2]

    for card in superuser.get("/admin/").context["cards"]:
        listed = superuser.get(card.url)
        assert listed.status_code == 200
        assert listed.context["cl"].result_count == card.number, card.title


@pytest.mark.django_db
def test_staff_see_the_numbers_and_pages_that_are_theirs(staff: SignedIn) -> None:
    bob = staff("security.view_alert", name="bob").get("/admin/")
    assert [card.title for card in bob.context["cards"]] == ["Open alerts"]
    groups = [(group.get("title"), [item["title"] for item in group["items"]]) for group in _sidebar(bob)]
    assert groups == [(None, ["Today"]), ("Security", ["Alerts"])]

    for right in ("tokens.grant_many", "tokens.propose_adjustment"):
        page = staff(right, name=right.partition(".")[2]).get("/admin/backoffice/proposal/act/grants/")
        assert [item["title"] for group in _sidebar(page) for item in group["items"] if item["active"]] == [
            "Grant to many"
        ]

    nobody = staff(name="dave").get("/admin/")
    assert nobody.context["cards"] == []
    assert "were given no rights yet" in nobody.content.decode()


@pytest.mark.django_db
def test_a_superuser_finds_every_page_by_what_people_do(superuser: Client) -> None:
    groups = _sidebar(superuser.get("/admin/"))
    titles = [group.get("title") for group in groups]
    assert titles == [
        None,
        "Decisions",
        "Sales",
        "Ledger",
        "Stripe",
        "Reconciliation",
        "Mirror",
        "Security",
        "People",
        "System",
    ]
    for group in groups:
        for item in group["items"]:
            assert superuser.get(item["link"]).status_code == 200, item["title"]


@pytest.mark.django_db
def test_an_installation_where_nothing_is_real_says_so(superuser: Client, settings: Settings) -> None:
    assert settings.SANDBOX
    assert "Sandbox" in superuser.get("/admin/").content.decode()
    settings.SANDBOX = False
    assert "Sandbox" not in superuser.get("/admin/").content.decode()


def _sidebar(response: Any) -> Any:
    return response.context["sidebar_navigation"]
