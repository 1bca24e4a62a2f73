"""Any question a customer can ask is answered on one page, and what happened to them on one timeline."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.ids import new_id
from identity.models import User
from payments.models import Decline, Purchase, StripeCustomer
from security.models import Alert
from tests.admin.conftest import SignedIn
from tests.admin.device_rows import device_of
from tests.admin.payment_rows import dispute_of, refund_of
from tests.admin.proposal_rows import proposal_of
from tests.admin.rows import (
    NOW,
    alert,
    freeze,
    limit_refusal,
    override,
    person,
    purchase,
    settled_purchase,
)
from tests.admin.test_who_gets_in import url
from tokens.kinds import AccountKind, EntryType, ServiceCall
from tokens.models import Wallet
from tokens.queries.wallets import wallet_of
from tokens.services import holds
from tokens.services.ledger import post

QUERIES_MAX = 25


def address(user: User, timeline: str = "") -> str:
    return f"/admin/customers/{user.id}/{timeline}"


def busy_customer() -> User:
    """Alice, to whom everything has happened once."""
    bought = settled_purchase("alice")
    alice = bought.buyer
    Purchase.objects.filter(id=bought.id).update(reversal="partial")
    StripeCustomer.objects.create(user=alice, stripe_customer_id="cus_alice", created_at=NOW)
    failed = purchase(
        "alice", stripe_session_id="cs_failed", status="failed", closed_at=NOW, failure_code="declined"
    )
    Decline.objects.create(
        purchase=failed, buyer=alice, charge_id="ch_1", code="insufficient_funds", declined_at=NOW
    )
    refund_of(bought)
    dispute_of(bought)
    holds.place(
        user_id=alice.id,
        amount=20,
        expires_at=NOW + timedelta(days=9999),
        call=ServiceCall("renderer", str(new_id()), "Rendering"),
        now=NOW,
    )
    freeze("alice")
    raised = alert()
    Alert.objects.filter(id=raised.id).update(
        status="resolved", resolution="fixed", resolved_at=NOW, acknowledged_at=NOW
    )
    override()
    override(hourly_max=9)
    limit_refusal(times=3)
    device_of(alice)
    proposal_of(alice, person("gina", is_staff=True, is_superuser=True))
    return alice


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.django_db
def test_the_page_tells_everything_that_is_known(superuser: Client) -> None:
    alice = busy_customer()
    response = superuser.get(address(alice))
    text = words(response)
    numbers = {number.title: number.tokens for number in response.context["numbers"]}
    assert numbers == {
        "Available": 230,
        "Balance": 250,
        "Held": 20,
        "Debt": 0,
        "Bought, ever": 200,
        "Given, ever": 50,
        "Spent, ever": 0,
    }
    for told in (
        "alice@example.com", str(alice.id), "cus_alice", "frozen",
        "Their card was reported as stolen.", "In force",
        "$14.99", "Partial", "re_1", "du_1", "renderer", "The amount differs.",
        "200 of 200", "50 of 50", "They buy for a class.", "not judged",
        "+5,000 tokens", "gina@example.com", "In Firestore", "0 of",
    ):  # fmt: skip
        assert told in text, told
    titles = [section.title for section in response.context["sections"]]
    assert titles == [
        "Purchases", "Ledger", "Alerts", "Proposals", "Freezes", "Refunds", "Disputes", "Lots with tokens", "Holds",
        "Limits on purchases in force", "Overrides", "Refused by limits", "Devices of sign-in", "In Firestore",
    ]  # fmt: skip
    for section in response.context["sections"]:
        if section.more:
            assert superuser.get(section.more).status_code == 200, section.title


@pytest.mark.django_db
def test_it_costs_a_bounded_number_of_reads_however_much_there_is(staff: SignedIn) -> None:
    alice = busy_customer()
    for number in range(12):
        bought = purchase("alice", stripe_session_id=f"cs_{number}")
        refund_of_another(bought, number)
    rights = [
        f"{label.split('.')[0]}.view_{label.split('.')[1].lower()}"
        for label in (
            "identity.User", "identity.AuditRecord", "payments.Purchase", "payments.Refund", "payments.Dispute",
            "payments.StripeCustomer", "tokens.Wallet", "tokens.Entry", "tokens.Lot", "tokens.Hold",
            "tokens.Freeze", "security.Alert", "security.Override", "security.LimitRefusal",
            "mirror.MirroredSubject", "backoffice.Proposal", "usersessions.UserSession",
        )
    ]  # fmt: skip
    client = staff(*rights, "tokens.freeze_wallet", "security.grant_override")
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address(alice))
    assert response.status_code == 200
    assert len(queries) <= QUERIES_MAX, len(queries)


def refund_of_another(bought: Purchase, number: int) -> None:
    bought.refunds.create(
        stripe_refund_id=f"re_more_{number}", amount_cents=1, currency="usd", status="pending", created_at=NOW
    )


@pytest.mark.django_db
def test_somebody_sees_the_parts_that_they_have_the_right_to(staff: SignedIn) -> None:
    alice = busy_customer()
    assert staff("payments.view_purchase", name="dave").get(address(alice)).status_code == 403
    looks = staff("identity.view_user", "payments.view_purchase", name="erin").get(address(alice))
    assert [section.title for section in looks.context["sections"]] == ["Purchases"]
    assert not looks.context["numbers"]
    assert looks.context["steps"]["actions"] == []
    assert looks.context["steps"]["links"] == []
    assert "The amount differs." not in words(looks)
    assert {line.icon for line in looks.context["timeline"].lines} == {
        "person_add", "shopping_cart", "remove_shopping_cart", "credit_card_off",
    }  # fmt: skip


@pytest.mark.django_db
def test_who_has_no_wallet_or_nothing_yet_has_a_page_too(superuser: Client) -> None:
    staff_made = User.objects.create(email="dora@example.com")
    text = words(superuser.get(address(staff_made)))
    assert "dora@example.com" in text
    assert "Account opened" in text
    new = superuser.get(address(person("bob")))
    assert [section.title for section in new.context["sections"]][:3] == ["Purchases", "Ledger", "Alerts"]
    assert superuser.get(f"/admin/customers/{new_id()}/").status_code == 404


@pytest.mark.django_db
def test_a_wallet_is_frozen_from_the_customers_page_and_leads_back_to_it(superuser: Client) -> None:
    alice = settled_purchase("alice").buyer
    steps = superuser.get(address(alice)).context["steps"]
    assert "freeze" in dict(steps["actions"])
    asked = {steps["from_row"]: steps["here"], "_selected_action": str(steps["row_id"]), "action": "freeze"}
    question = superuser.post(steps["list"], asked)
    assert f'href="{address(alice)}"' in question.content.decode()
    done = superuser.post(steps["list"], {**asked, "_answered": "1", "reason": "Stolen card"})
    assert done["Location"] == address(alice)
    assert Wallet.objects.get(account__owner=alice).status == "frozen"

    away = superuser.post(steps["list"], {**asked, steps["from_row"]: "https://example.com/"})
    assert 'https://example.com/"' not in away.content.decode().replace('value="https://example.com/"', "")


@pytest.mark.django_db
def test_the_form_of_an_override_knows_whom_it_is_for(superuser: Client) -> None:
    alice = person("alice")
    links = dict(superuser.get(address(alice)).context["steps"]["links"])
    form = superuser.get(links["Override the limits…"])
    assert f'value="{alice.id}" selected' in form.content.decode()


@pytest.mark.django_db
def test_the_timeline_tells_all_of_it_newest_first_and_page_by_page(superuser: Client) -> None:
    alice = busy_customer()
    grant_often(alice, 60)
    seen: list[Any] = []
    cursor, pages = "", 0
    while True:
        shown = superuser.get(address(alice, "timeline/"), {"before": cursor} if cursor else {})
        seen += shown.context["timeline"].lines
        pages += 1
        cursor = shown.context["timeline"].older
        if not cursor:
            break
    assert pages == -(-len(seen) // 25)
    assert len({(line.words, line.url, line.details) for line in seen}) == len(seen), "each of them once"
    times = [line.at for line in seen]
    assert times == sorted(times, reverse=True)
    told = {line.words.split(":")[0] for line in seen}
    assert told >= {
        "Account opened", "Started to buy basic", "Purchase failed", "Payment declined", "Refund succeeded",
        "Payment disputed", "Purchase", "Grant", "Frozen by staff", "Alert, high", "Alert resolved",
        "Override granted", "Override replaced", "Refused by a limit", "Proposed",
    }  # fmt: skip
    assert sum(line.words.startswith("Grant") for line in seen) == 60


@pytest.mark.django_db
def test_the_timeline_is_narrowed_to_a_topic_and_refuses_what_is_none(superuser: Client) -> None:
    alice, bob = busy_customer(), person("bob")
    ledger = superuser.get(address(alice, "timeline/"), {"topic": "ledger"}).context["timeline"]
    assert [line.icon for line in ledger.lines] == ["receipt_long"]
    nothing = superuser.get(address(bob, "timeline/"), {"topic": "purchases"})
    assert "Nothing yet." in words(nothing)
    grant_often(alice, 30)
    older = superuser.get(address(alice, "timeline/")).context["timeline"].older
    for path, query in (
        (address(alice, "timeline/"), {"topic": "everything"}),
        (address(alice, "timeline/"), {"before": "nonsense"}),
        (address(bob, "timeline/"), {"before": older}),
    ):
        assert superuser.get(path, query).status_code == 404, query


@pytest.mark.django_db
def test_a_page_of_the_timeline_reads_no_more_for_a_longer_history(superuser: Client) -> None:
    alice = settled_purchase("alice").buyer
    grant_often(alice, 60)
    older = superuser.get(address(alice, "timeline/")).context["timeline"].older
    with CaptureQueriesContext(connection) as queries:
        superuser.get(address(alice, "timeline/"), {"before": older})
    assert len(queries) <= 10


def grant_often(user: User, times: int) -> None:
    """At moments of which several entries share each."""
    account_id = wallet_of(user.id).account_id
    for number in range(times):
        post(
            entry_type=EntryType.GRANT,
            reference=f"grant:{user.id}:{number}",
            account_id=account_id,
            counter_lines={AccountKind.PROMOTIONS: -1},
            now=NOW + timedelta(hours=1 + number // 7),
        )


@pytest.mark.django_db
def test_everything_about_a_customer_leads_to_their_page(superuser: Client) -> None:
    bought = settled_purchase("alice")
    link = f'href="{address(bought.buyer)}"'
    for label, pk in {
        "identity.User": bought.buyer_id,
        "payments.Purchase": bought.id,
        "tokens.Wallet": bought.wallet_account_id,
        "security.Alert": alert().id,
        "security.Override": override().id,
        "security.LimitRefusal": limit_refusal().id,
        "payments.Refund": refund_of(bought).id,
        "payments.Dispute": dispute_of(bought).id,
        "tokens.Freeze": freeze().id,
    }.items():
        assert link in superuser.get(url(label, "change", pk)).content.decode(), label


def test_the_customer_at_stripe_is_that_of_the_mode_in_use(superuser: Client, settings: Any):
    alice = busy_customer()
    settings.STRIPE_API_BASE = ""

    tried = superuser.get(address(alice)).content.decode()
    settings.STRIPE_LIVE_MODE = True
    live = superuser.get(address(alice)).content.decode()

    assert 'href="https://dashboard.stripe.com/test/customers/cus_alice"' in tried
    assert 'href="https://dashboard.stripe.com/customers/cus_alice"' in live
