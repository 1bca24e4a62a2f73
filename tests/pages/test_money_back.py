"""What a customer is told of a payment that went back, or is asked back."""

import pytest
from django.test import Client
from django.urls import reverse

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
    ("happens", "title", "badge", "line"),
    [
        (give_back, "Paid, and partly returned", "Partly returned", "Refund: Basic"),
        (give_all_back, "Your money was returned", "Returned", "Refund: Basic"),
        (dispute, "This payment is disputed", "Disputed", "Disputed payment: Basic"),
        (lose, "Your bank took this payment back", "Taken back", "Disputed payment: Basic"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_purchase_the_wallet_and_firestore_tell_it(
    shop: Shop, client: Client, happens, title, badge, line
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
    assert line in history
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
