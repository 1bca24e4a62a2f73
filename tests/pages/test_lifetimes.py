"""What the pages say of unused tokens: that they do not expire, or when."""

from datetime import timedelta

import pytest
from django.utils.formats import date_format

from payments.models import Purchase
from tests.pages.test_buying import words
from tests.support.lifetimes import publish_lasting
from tokens.queries.packages import lifetime_in_words

pytestmark = pytest.mark.django_db

TOLD = "Unused tokens expire 30 days after they arrive in your wallet."
UNLESS = "unused tokens do not expire unless their package says so"


@pytest.fixture
def lasting(packages):
    """Basic's tokens last thirty days, the others' for ever."""
    publish_lasting(30)


def test_before_anybody_buys(lasting, client):
    shop, front = words(client.get("/buy-tokens")), words(client.get("/"))
    assert f"$0.060 per token {TOLD}" in shop
    assert shop.count("Unused tokens expire") == 1
    assert UNLESS in shop
    assert UNLESS in front
    assert f"250 tokens {TOLD}" in front


def test_while_it_is_not_paid(lasting, alices, buy):
    purchase = buy(alices)
    assert TOLD in words(alices.get(f"/purchases/{purchase.id}"))
    assert TOLD in words(alices.get("/checkout/cancel", {"purchase": purchase.id}))


def test_once_it_is_paid_the_day_is_named(lasting, alices, buy, pay):
    purchase = pay(buy(alices))
    success = words(alices.get("/checkout/success", {"session_id": purchase.stripe_session_id}))
    purchase.refresh_from_db()
    day = date_format(purchase.settled_at + timedelta(days=30), "j F Y")
    assert f"Unused tokens expire on {day}." in success
    assert f"Unused tokens expire on {day}." in words(alices.get(f"/purchases/{purchase.id}"))
    wallet = words(alices.get("/wallet"))
    assert f"250 tokens of these expire on {day} unless you use them before." in wallet
    assert "Unused tokens that you bought do not expire unless their package said so." in wallet


def test_what_is_over_says_nothing_of_it(lasting, alices, buy):
    purchase = buy(alices)
    Purchase.objects.filter(id=purchase.id).update(status="canceled")
    assert TOLD not in words(alices.get(f"/purchases/{purchase.id}"))


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (None, "Unused tokens do not expire."),
        (1, "Unused tokens expire 1 day after they arrive in your wallet."),
        (3650, "Unused tokens expire 3,650 days after they arrive in your wallet."),
    ],
)
def test_a_lifetime_in_words(days, told):
    assert lifetime_in_words(days) == told
