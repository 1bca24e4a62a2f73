"""One search leads from whatever support has in hand to the page of the row it names."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.ids import new_id
from identity.models import User
from payments.models import CardUse, Decline, StripeCustomer
from tests.admin.conftest import SignedIn
from tests.admin.payment_rows import dispute_of, refund_of
from tests.admin.rows import NOW, alert, event, freeze, hold, person, purchase, settled_purchase
from tests.admin.test_who_gets_in import url

QUERIES_MAX = 25


def sought(client: Client, term: str) -> str:
    """Where the search leads: the address of the one row, or nothing."""
    response = client.get("/admin/search/", {"s": term})
    return response["Location"] if response.status_code == 302 else ""


@pytest.mark.django_db
def test_each_id_leads_straight_to_its_page(superuser: Client) -> None:
    bought = settled_purchase("alice")
    User.objects.filter(id=bought.buyer_id).update(firebase_uid="FirebaseUidOfAlice")
    StripeCustomer.objects.create(user=bought.buyer, stripe_customer_id="cus_alice", created_at=NOW)
    told = event(stripe_event_id="evt_told", object_id="ch_alice", payment_intent_id="pi_alice")
    raised, frozen = alert(), freeze()
    page = {
        "purchase": url("payments.Purchase", "change", bought.id),
        "customer": f"/admin/customers/{bought.buyer_id}/",
        "wallet": url("tokens.Wallet", "change", bought.wallet_account_id),
        "entry": url("tokens.Entry", "change", bought.entry_id),
    }
    for term, expected in {
        str(bought.id): page["purchase"],
        f"  {str(bought.id).upper()} ": page["purchase"],
        "cs_test_alice": page["purchase"],
        "cs_test_al": page["purchase"],
        "pi_alice": page["purchase"],
        "ch_alice": page["purchase"],
        str(bought.buyer_id): page["customer"],
        "alice@example.com": page["customer"],
        "Alice@Exam": page["customer"],
        "FirebaseUid": page["customer"],
        "cus_alice": page["customer"],
        str(bought.wallet_account_id): page["wallet"],
        str(bought.entry_id): page["entry"],
        f"purchase:{bought.id}": page["entry"],
        "evt_told": url("payments.InboxEvent", "change", told.id),
        "re_1": url("payments.Refund", "change", refund_of(bought).id),
        "du_1": url("payments.Dispute", "change", dispute_of(bought).id),
        str(raised.id): url("security.Alert", "change", raised.id),
        str(frozen.id): url("tokens.Freeze", "change", frozen.id),
    }.items():
        assert sought(superuser, term) == expected, term


@pytest.mark.django_db
def test_a_charge_is_found_by_what_a_card_paid_or_was_declined_for(superuser: Client) -> None:
    paid, declined = purchase("alice"), purchase("bob")
    CardUse.objects.create(fingerprint="f", purchase=paid, buyer=paid.buyer, charge_id="ch_paid", used_at=NOW)
    Decline.objects.create(
        purchase=declined,
        buyer=declined.buyer,
        charge_id="ch_declined",
        code="card_declined",
        declined_at=NOW,
    )
    assert sought(superuser, "ch_paid") == url("payments.Purchase", "change", paid.id)
    assert sought(superuser, "ch_declined") == url("payments.Purchase", "change", declined.id)


@pytest.mark.django_db
def test_several_hits_are_listed_and_none_is_said(superuser: Client) -> None:
    for name in ("alice", "bob"):
        purchase(name)
    several = superuser.get("/admin/search/", {"s": "cs_test_"}).content.decode()
    assert "2 found for" in several
    assert len(re.findall(r'href="/admin/payments/purchase/[^"]+/change/"', several)) == 2

    for term in ("cs_test_nobody", "nobody@example.com", str(new_id()), "%", "al", "\x00abc", "' OR 1=1 --"):
        response = superuser.get("/admin/search/", {"s": term})
        assert response.status_code == 200, term
        assert "Nothing that you may see is called" in response.content.decode(), term
    assert "Nothing" not in superuser.get("/admin/search/").content.decode()


@pytest.mark.django_db
def test_nobody_is_told_of_rows_whose_page_they_may_not_open(staff: SignedIn) -> None:
    bought = settled_purchase("alice")
    terms = ["alice@example.com", "cs_test_alice", str(bought.id), str(bought.entry_id), str(bought.buyer_id)]
    without = staff("security.view_alert", name="dave")
    for term in terms:
        assert sought(without, term) == "", term
    support = staff("payments.view_purchase", name="erin")
    assert [bool(sought(support, term)) for term in terms] == [False, True, True, False, False]


@pytest.mark.django_db
def test_pages_are_found_by_their_names_as_somebody_types(superuser: Client, staff: SignedIn) -> None:
    def typed(client: Client, term: str) -> str:
        return client.get("/admin/search/", {"s": term}, headers={"HX-Request": "true"}).content.decode()

    person("alice")
    assert "alice@example.com" in typed(superuser, "alice@")
    assert url("payments.Refund", "changelist") in typed(superuser, "refu")
    assert url("payments.Refund", "changelist") not in typed(staff("security.view_alert"), "refu")
    assert "Nothing that you may see" in typed(superuser, "nobody@example.com")
    assert "Type an address" in typed(superuser, "")
    assert "Pages" in superuser.get("/admin/search/", {"s": "refu"}).content.decode()


@pytest.mark.django_db
def test_a_search_costs_a_bounded_number_of_reads(superuser: Client) -> None:
    hold()
    for term in (str(new_id()), "alice@example.com", "cs_test_alice", "ch_alice"):
        with CaptureQueriesContext(connection) as queries:
            superuser.get("/admin/search/", {"s": term})
        assert len(queries) <= QUERIES_MAX, term
