"""People find rows by what they have in hand: an id, an address, one of Stripe's ids, or its beginning."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.ids import new_id
from tests.admin.rows import NOW, alert, event, outbox_row, person, purchase, settled_purchase
from tests.admin.test_who_gets_in import url

LINK = re.compile(r'/change/[^"]*"')


def found(client: Client, label: str, term: str) -> int:
    response = client.get(url(label, "changelist"), {"q": term})
    assert response.status_code == 200, term
    return len(response.context["cl"].result_list)


@pytest.mark.django_db
def test_purchases_are_found_by_what_people_have_in_hand(superuser: Client) -> None:
    alices, bobs = purchase("alice"), purchase("bob")
    for term in (
        str(alices.id),
        str(alices.buyer_id),
        "alice@example.com",
        " Alice@Exa ",
        "cs_test_alice",
        "cs_test_a",
        "pi_ali",
    ):
        assert found(superuser, "payments.Purchase", term) == 1, term
    assert found(superuser, "payments.Purchase", "cs_test_") == 2
    assert found(superuser, "payments.Purchase", "") == 2
    for term in ("carol@example.com", str(new_id()), str(bobs.id)[:13], "%", "' OR 1=1 --"):
        assert found(superuser, "payments.Purchase", term) == 0, term


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("label", "terms"),
    [
        ("payments.InboxEvent", ["evt_", "cs_test_alice", "pi_alice"]),
        ("tokens.Entry", ["purchase:"]),
        ("tokens.Wallet", ["alice@example.com"]),
        ("identity.User", ["alice@", "ALICE@EXAMPLE.COM"]),
        ("account.EmailAddress", ["alice@"]),
    ],
)
def test_other_rows_are_found(label: str, terms: list[str], superuser: Client) -> None:
    settled_purchase()
    for term in terms:
        assert found(superuser, label, term) == 1, term
    assert found(superuser, label, "nobody@example.com") == 0


@pytest.mark.django_db
def test_alerts_are_searched_and_filtered(superuser: Client) -> None:
    first = alert("purchase-1", summary="The amount differs.")
    alert("purchase-2", summary="The currency differs.", severity="low", subject={})
    for term in (str(first.id), "purchase-1", str(person("alice").id)):
        assert found(superuser, "security.Alert", term) == 1, term
    low = superuser.get(url("security.Alert", "changelist"), {"severity__exact": "low"})
    assert [row.dedup_key for row in low.context["cl"].result_list] == ["purchase-2"]


@pytest.mark.django_db
def test_outbox_rows_are_filtered_by_state(superuser: Client) -> None:
    outbox_row("alice")
    outbox_row("bob", parked_at=NOW)

    def shown(**query: str) -> set[str]:
        rows = superuser.get(url("mirror.OutboxRow", "changelist"), query).context["cl"].result_list
        return {row.subject_id for row in rows} & {"alice", "bob"}

    assert shown() == {"alice", "bob"}
    assert shown(state="due") == {"alice"}
    assert shown(state="parked") == {"bob"}
    assert shown(state="nonsense") == {"alice", "bob"}
    text = superuser.get(url("mirror.OutboxRow", "changelist")).content.decode()
    assert "parked" in text


@pytest.mark.django_db
def test_stuck_purchases_are_a_filter(superuser: Client) -> None:
    purchase("alice")
    settled_purchase("bob")
    rows = (
        superuser.get(url("payments.Purchase", "changelist"), {"attention": "stuck"})
        .context["cl"]
        .result_list
    )
    assert [row.buyer.email for row in rows] == ["alice@example.com"]


@pytest.mark.django_db
def test_a_list_asks_the_database_the_same_number_of_things_however_long_it_is(superuser: Client) -> None:
    def statements(label: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            superuser.get(url(label, "changelist"))
        return len(asked)

    labels = ("payments.Purchase", "payments.InboxEvent", "tokens.Wallet", "tokens.Entry", "security.Alert")
    settled_purchase("alice")
    alert()
    superuser.get("/admin/")  # notes that the device is used, for some minutes
    few = {label: statements(label) for label in labels}
    for name in ("bob", "dave", "erin", "frank"):
        settled_purchase(name)
        event()
        alert(name)
    assert {label: statements(label) for label in labels} == few
    assert max(few.values()) <= 12, few


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lookup",
    ["password__startswith", "password__regex", "email__contains", "groups__name", "is_superuser__gte__lt"],
)
def test_a_list_answers_no_question_about_what_it_does_not_show(lookup: str, superuser: Client) -> None:
    """A yes or no about a hidden column tells it, character by character."""
    assert superuser.get(url("identity.User", "changelist"), {lookup: "p"}).status_code in {302, 400}
    assert superuser.get(url("identity.User", "changelist"), {"is_superuser__exact": "1"}).status_code == 200
