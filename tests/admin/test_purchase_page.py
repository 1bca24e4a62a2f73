"""The page of a purchase tells all of it: each step, Stripe's objects, events, postings, delivery, alerts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mirror.models import MirroredDocument
from payments.models import Purchase
from payments.queries.stripe_dashboard import dashboard_url
from tests.admin.conftest import SignedIn
from tests.admin.payment_rows import dispute_of, refund_of
from tests.admin.rows import NOW, alert, purchase, settled_purchase, stripe_copy
from tests.admin.test_who_gets_in import url

QUERIES_MAX = 25


def eventful_purchase() -> Purchase:
    """Alice's, at which everything happened."""
    bought = settled_purchase("alice")
    Purchase.objects.filter(id=bought.id).update(
        opened_at=NOW + timedelta(seconds=2),
        processing_at=NOW + timedelta(minutes=3),
        settled_at=NOW + timedelta(hours=5, minutes=7),
        sale_checked_at=NOW + timedelta(days=2, hours=3),
        stripe_customer_id="cus_alice",
        address="198.51.100.7",
    )
    MirroredDocument.objects.create(
        path=f"transactions/{bought.entry_id}",
        kind="wallet",
        subject_id="alice",
        delivered_at=NOW + timedelta(hours=6),
    )
    refund_of(bought)
    dispute_of(bought)
    alert(str(bought.id))
    alert(
        "another",
        subject={"user_id": str(bought.buyer_id), "purchase_id": str(bought.id)},
        summary="By its evidence.",
    )
    alert("of another purchase", summary="Not this one.")
    charge: Any = stripe_copy("djstripe.Charge")
    charge.stripe_data = {"object": "charge", "status": "succeeded", "payment_intent": "pi_alice"}
    charge.payment_intent_id = "pi_alice"
    intent: Any = apps.get_model("djstripe", "PaymentIntent")
    made = stripe_copy("djstripe.PaymentIntent")
    intent.objects.filter(pk=made.pk).update(id="pi_alice")
    charge.save()
    bought.refresh_from_db()
    return bought


def tables(response: Any) -> dict[str, str]:
    """Each table's words."""
    return {
        title: re.sub(
            r"\s+",
            " ",
            re.sub(r"<[^>]+>", " ", " | ".join(str(cell) for row in shown["rows"] for cell in row)),
        )
        for title, shown in [response.context["first_table"], *response.context["related_tables"]]
    }


@pytest.mark.django_db
def test_each_step_is_told_with_its_time_and_what_else_is_known(superuser: Client) -> None:
    bought = eventful_purchase()
    response = superuser.get(url("payments.Purchase", "change", bought.id))
    shown = tables(response)
    for told in (
        "Started | From 198.51.100.7", "2.0 s | Checkout opened", "2 min 58 s | The bank was asked to pay",
        "5 h 4 min | Credited | 250 tokens", "53 min 0 s | Shown in Firestore",
        "1 d 21 h | Checked at Stripe", "Stripe told checkout.session.completed", "Disputed | $5.00",
        "Refund | $5.00, succeeded",
    ):  # fmt: skip
        assert told in re.sub(r" +", " ", shown["Step by step"]), (told, shown["Step by step"])
    for told in (
        "cus_alice | — | Not copied yet",
        "pi_alice | open | As Stripe told it",
        "charge_1 | succeeded",
    ):
        assert told in re.sub(r" +", " ", shown["At Stripe"]), (told, shown["At Stripe"])
    assert "amount_total" in shown["Events from Stripe"]
    assert "The amount differs." in shown["Alerts"]
    assert "By its evidence." in shown["Alerts"]
    assert "Not this one." not in shown["Alerts"]
    assert "+250" in shown["Ledger postings"]
    for address in re.findall(r'href="(/admin/[^"]+/change/)"', str(response.context["related_tables"])):
        assert superuser.get(address).status_code == 200, address


@pytest.mark.django_db
def test_what_ended_without_a_credit_says_how(superuser: Client) -> None:
    ended = purchase(
        "bob", status="quarantined", quarantine_reason="amount_differs", closed_at=NOW, stripe_session_id=None
    )
    shown = tables(superuser.get(url("payments.Purchase", "change", ended.id)))
    assert "Quarantined" in shown["Step by step"]
    assert "Amount" in shown["Step by step"]
    assert "Session" not in shown["At Stripe"]
    Purchase.objects.filter(id=ended.id).update(stripe_payment_intent_id="")
    assert (
        "PaymentIntent"
        not in tables(superuser.get(url("payments.Purchase", "change", ended.id)))["At Stripe"]
    )


@pytest.mark.django_db
def test_it_costs_a_bounded_number_of_reads(superuser: Client) -> None:
    bought = eventful_purchase()
    with CaptureQueriesContext(connection) as queries:
        superuser.get(url("payments.Purchase", "change", bought.id))
    assert len(queries) <= QUERIES_MAX


@pytest.mark.django_db
def test_somebody_sees_the_parts_that_they_have_the_right_to(staff: SignedIn) -> None:
    bought = eventful_purchase()
    page = url("payments.Purchase", "change", bought.id)
    assert list(tables(staff("payments.view_purchase").get(page))) == ["Step by step"]
    both = staff("payments.view_purchase", "security.view_alert", name="erin").get(page)
    assert list(tables(both)) == ["Step by step", "Alerts"]


@pytest.mark.django_db
def test_links_lead_to_the_real_stripe_and_firestore_in_their_mode_and_nowhere_in_a_sandbox(
    superuser: Client, settings: Any
) -> None:
    bought = eventful_purchase()
    page = url("payments.Purchase", "change", bought.id)
    assert "dashboard.stripe.com" not in superuser.get(page).content.decode()

    settings.STRIPE_API_BASE = settings.FIRESTORE_EMULATOR_HOST = ""
    settings.GOOGLE_CLOUD_PROJECT = "shop"
    text = superuser.get(page).content.decode()
    assert 'href="https://dashboard.stripe.com/test/payments/pi_alice"' in text
    document = f"https://console.cloud.google.com/firestore/databases/-default-/data/panel/users/{bought.wallet_document_id}"
    assert f'href="{document}?project=shop"' in text
    assert document in superuser.get(f"/admin/customers/{bought.buyer_id}/").content.decode()
    Purchase.objects.filter(id=bought.id).update(livemode=True)
    assert 'href="https://dashboard.stripe.com/payments/pi_alice"' in superuser.get(page).content.decode()
    assert dashboard_url("unknown_1", livemode=True) == ""
