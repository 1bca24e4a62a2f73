"""What a customer is told of a payment that went back, or is asked back."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from tests.support.shop import Shop
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["shop", "stripe_sandbox"]


def give_back(shop: Shop, intent: str) -> None:
    shop.stripe.refund(intent, 500)


def give_all_back(shop: Shop, intent: str) -> None:
    shop.stripe.refund(intent)


def dispute(shop: Shop, intent: str) -> None:
    shop.stripe.dispute(intent)


def lose(shop: Shop, intent: str) -> None:
    shop.stripe.move_dispute(shop.stripe.dispute(intent)["id"], "lose")


@pytest.mark.parametrize(
    ("happens", "title", "badge", "line", "back", "worth"),
    [
        (give_back, "Paid, and partly returned", "Partly returned", "Refund: Basic", "taken back 83", "4.98"),
        (give_all_back, "Your money was returned", "Returned", "Refund: Basic", "taken back 250", "14.99"),
        (
            dispute,
            "This payment is disputed",
            "Disputed",
            "Disputed payment: Basic",
            "set aside 250",
            "14.99",
        ),
        (
            lose,
            "Your bank took this payment back",
            "Taken back",
            "Disputed payment: Basic",
            "taken back 250",
            "14.99",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_purchase_the_wallet_and_firestore_tell_it(
    shop: Shop, client: Client, happens, title, badge, line, back, worth
):
    purchase = shop.buy()
    happens(shop, purchase.stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.drain()
    client.force_login(shop.customer("alice"))

    page = client.get(reverse("purchase", args=[purchase.id])).content.decode()
    history = client.get(reverse("wallet")).content.decode()
    shown = client.get(
        f"{reverse('checkout_success')}?session_id={purchase.stripe_session_id}"
    ).content.decode()

    assert title in page
    assert badge in page
    assert ("Returned to you" in page) is (happens in (give_back, give_all_back))
    if happens is give_back:
        assert "$5.00" in page
    assert f"Tokens {back}" in " ".join(strip_tags(page).split())
    assert ('<p class="fine">Unused tokens do not expire.</p>' in page) is (happens is give_back)
    assert line in history
    assert f"≈ ${worth}" in history
    assert title in shown
    wallet = shop.document(f"users/{shop.wallet().document_id}")
    assert wallet is not None
    assert wallet["walletStatus"] == ("active" if "return" in badge.lower() else "frozen")
    assert ("Your wallet is paused" in history) is (wallet["walletStatus"] == "frozen")


def test_the_api_tells_how_much_went_back(shop: Shop, client: Client):
    purchase = shop.buy()
    give_back(shop, purchase.stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)
    client.force_login(shop.customer("alice"))

    assert client.get(f"/api/tokens/purchases/{purchase.id}").json()["reversal"] == "partial"


def test_a_refund_that_fails_is_worth_what_was_taken_and_not_the_price(shop: Shop, client: Client):
    purchase = shop.buy()
    refund = shop.stripe.refund(purchase.stripe_payment_intent_id, 500, status="pending")
    # Told in turn: a failure that is told first takes nothing.
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.end_refund(refund["id"], "failed")
    shop.stripe.wait_until_idle(ignore_retries=True)
    client.force_login(shop.customer("alice"))

    history = client.get(reverse("wallet")).content.decode()
    page = client.get(reverse("purchase", args=[purchase.id])).content.decode()

    assert (history.count("≈ $4.98"), history.count("$14.99")) == (2, 1)
    assert "Tokens taken back" not in page
