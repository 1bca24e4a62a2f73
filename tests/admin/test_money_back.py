"""Refunds and disputes in the admin: seen by whoever may, started by whoever has the right, after being asked."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation.ids import new_id
from payments.models import Refund
from tests.admin.conftest import SignedIn
from tests.admin.payment_rows import dispute_of, refund_of
from tests.admin.rows import person, purchase, settled_purchase
from tests.admin.test_actions import act, words
from tests.admin.test_who_gets_in import url
from tests.support.shop import Shop
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["shop", "stripe_sandbox"]

LABEL = "payments.Purchase"


def answer(client: Client, page: Any, url: str, **answers: str) -> Any:
    """Fill in the form that was shown, key and all."""
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', page.content.decode())
    assert key, "the form carries a key of its own"
    return client.post(url, {"key": key[1], "why": "requested_by_customer", **answers})


def test_money_is_given_back_after_being_asked_how_much_and_why(shop: Shop, staff: SignedIn):
    bought = shop.buy()
    sees = ("payments.view_purchase", "payments.view_refund", "tokens.view_entry")
    dave = staff(*sees, "payments.refund_purchase", name="dave")

    asked = act(dave, LABEL, "give_back", bought, from_row=True)
    there = reverse("admin:act_refund", args=[bought.pk])
    assert asked["Location"] == there
    page = dave.get(there)
    foreseen = answer(dave, page, there, amount="5.00", reason="A gift that was bought twice.")
    text = foreseen.content.decode()
    assert "Money returned to the buyer" in text
    assert "<strong>$5.00</strong>" in text
    assert "250 →" in text
    assert not Refund.objects.exists()  # asking does nothing

    for _ in range(2):  # a form that is sent twice refunds once
        facts = {"amount": "5.00", "reason": "A gift that was bought twice.", "_confirmed": "1"}
        done = answer(dave, page, there, **facts)
        assert "Stripe has made it" in words(dave, done)[0]
    made = Refund.objects.get()
    assert (made.amount_cents, made.note, made.requested_by) == (
        500,
        "A gift that was bought twice.",
        str(person("dave").id),
    )
    shown = dave.get(url(LABEL, "change", bought.pk)).content.decode()
    assert "A gift that was bought twice." in shown
    assert "$5.00" in shown
    assert "Refunded" in shown  # the ledger's posting

    answer(dave, dave.get(there), there, amount="", reason="All of it.", _confirmed="1")
    assert shop.wallet().balance == 0
    assert dave.get(url(LABEL, "change", bought.pk)).context["row_actions"] == []
    late = answer(dave, dave.get(there), there, amount="", reason="All of it.")
    assert "no payment that can be given back" in late.content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": " "}, "This field is required."),
        ({"amount": "5.001", "reason": "Because."}, "no more than 2 decimal places"),
        ({"amount": "much", "reason": "Because."}, "Enter a number."),
        ({"reason": "Because.", "why": "weather"}, "Select a valid choice"),
    ],
)
def test_a_form_that_is_not_filled_in_asks_again(shop: Shop, superuser: Client, fields, said):
    there = reverse("admin:act_refund", args=[shop.buy().pk])

    again = answer(superuser, superuser.get(there), there, **fields, _confirmed="1")

    assert said in again.content.decode()
    assert not Refund.objects.exists()


@pytest.mark.django_db
def test_an_amount_is_one_of_its_currency(superuser: Client):
    bought = purchase(
        currency="jpy", status="quarantined", quarantine_reason="amount_differs", paid_cents=1000
    )
    there = reverse("admin:act_refund", args=[bought.pk])

    done = answer(superuser, superuser.get(there), there, amount="5.5", reason="Because.")

    assert "5.5 has more decimals than JPY." in done.content.decode()
    assert not Refund.objects.exists()


@pytest.mark.django_db
def test_only_who_has_the_right_is_offered_it_and_may(staff: SignedIn):
    bought = refund_of(settled_purchase()).purchase
    viewer = staff("payments.view_purchase", "payments.ask_stripe", name="dave")

    names = [name for name, _ in viewer.get(url(LABEL, "change", bought.pk)).context["row_actions"]]
    act(viewer, LABEL, "give_back", bought, from_row=True)
    there = reverse("admin:act_refund", args=[bought.pk])
    crafted = {"key": str(new_id()), "why": "duplicate", "reason": "Because.", "_confirmed": "1"}
    assert viewer.post(there, crafted).status_code == 403

    assert "give_back" not in names
    assert Refund.objects.count() == 1


@pytest.mark.django_db
def test_lists_and_pages_tell_of_refunds_and_disputes(superuser: Client):
    kept = refund_of(settled_purchase())
    listed = superuser.get(url("payments.Refund", "changelist")).content.decode()
    assert "re_1" in listed
    assert "alice@example.com" in listed
    assert "$5.00" in superuser.get(url("payments.Refund", "change", kept.pk)).content.decode()
    assert superuser.get(url("payments.Refund", "changelist") + "?q=re_1").context["cl"].result_count == 1


@pytest.mark.django_db
def test_a_dispute_is_found_by_its_id_and_shown_on_its_purchase(superuser: Client):
    kept = dispute_of(settled_purchase())
    assert superuser.get(url("payments.Dispute", "changelist") + "?q=du_1").context["cl"].result_count == 1
    assert "fraudulent" in superuser.get(url("payments.Dispute", "change", kept.pk)).content.decode()
    assert "du_1" in superuser.get(url(LABEL, "change", kept.purchase_id)).content.decode()
