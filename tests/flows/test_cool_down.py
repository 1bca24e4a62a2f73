"""Cards that are declined again and again make whoever tries them wait: the account, and the address."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from foundation.ids import new_id
from payments.kinds import Outcome
from payments.models import Decline, InboxEvent, Purchase
from payments.services import purchases
from security import limits
from security.errors import RateLimited
from tests.support.shop import Shop

DECLINED = "4000000000000002"
ADDRESS = "198.51.100.7"


def start_from(shop: Shop, name: str, address: str, *, later: timedelta = timedelta()) -> Purchase:
    return purchases.start_purchase(
        buyer_id=shop.customer(name).id,
        package_code="basic",
        idempotency_key=str(new_id()),
        address=address,
        now=timezone.now() + later,
    )


def note_declines(purchase: Purchase, count: int) -> None:
    """As many declines of this purchase's payment as Stripe might tell of."""
    for _ in range(count):
        Decline.objects.create(
            purchase=purchase,
            buyer_id=purchase.buyer_id,
            address=purchase.address,
            charge_id=f"ch_{new_id().hex}",
            code="generic_decline",
            declined_at=timezone.now(),
        )


def test_an_account_whose_cards_are_declined_too_often_waits_and_may_try_again_after_its_rest(shop: Shop):
    purchase = shop.start("alice", "basic")
    for _ in range(limits.COOL_DOWN_DECLINES - 1):
        shop.pay(purchase, DECLINED)
    shop.start("alice", "basic")  # one fewer than the bound
    shop.pay(purchase, DECLINED)
    count = Purchase.objects.count()

    with pytest.raises(RateLimited) as refused:
        shop.start("alice", "basic")

    assert Decline.objects.count() == limits.COOL_DOWN_DECLINES
    assert Purchase.objects.count() == count
    rest = limits.COOL_DOWN_REST.total_seconds()
    assert refused.value.retry_after_seconds is not None
    assert rest - 30 < refused.value.retry_after_seconds <= rest
    shop.start("bob", "basic")
    assert start_from(shop, "alice", "", later=limits.COOL_DOWN_REST).checkout_url


def test_the_purchase_that_was_declined_can_still_be_paid_with_a_card_that_is_good(shop: Shop):
    purchase = shop.start("alice", "basic")
    note_declines(purchase, limits.COOL_DOWN_DECLINES)

    shop.pay(purchase)

    assert shop.wallet("alice").balance == 250


def test_an_address_from_which_many_accounts_are_declined_waits_whoever_comes_from_it(shop: Shop):
    per_account = limits.COOL_DOWN_DECLINES - 1
    accounts = -(-limits.COOL_DOWN_DECLINES_OF_ADDRESS // per_account)
    for number in range(accounts):
        note_declines(start_from(shop, f"customer-{number}", ADDRESS), per_account)

    with pytest.raises(RateLimited):
        start_from(shop, "bob", ADDRESS)

    assert start_from(shop, "bob", "198.51.100.8").address == "198.51.100.8"
    assert start_from(shop, "bob", "").address is None


def test_a_decline_that_stripe_tells_twice_counts_once(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.pay(purchase, DECLINED)
    (event,) = shop.stripe.events(event_type="payment_intent.payment_failed")

    shop.stripe.duplicate(shop.stripe.resend(event["id"])["id"], times=2)

    decline = Decline.objects.get()
    assert (decline.purchase_id, decline.buyer_id) == (purchase.id, purchase.buyer_id)
    assert str(decline) == f"generic_decline {decline.charge_id}"


def test_a_decline_of_a_purchase_that_is_not_ours_counts_for_nobody(shop: Shop):
    intent = {
        "id": "pi_of_another_shop",
        "object": "payment_intent",
        "metadata": {"purchase_id": "01a20573-c2c8-711d-ac36-000000000000"},
    }
    shop.stripe.emit("payment_intent.payment_failed", intent)
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert InboxEvent.objects.get(type="payment_intent.payment_failed").outcome == Outcome.UNCHANGED
    assert not Decline.objects.exists()


def test_the_page_says_when_to_come_back_and_the_api_in_a_header(shop: Shop):
    note_declines(shop.start("alice", "basic"), limits.COOL_DOWN_DECLINES)
    browser = Client()
    browser.force_login(shop.customer("alice"))

    page = browser.post("/buy-tokens", {"package": "basic", "idempotency_key": str(new_id())})
    answer = browser.post(
        "/api/tokens/purchases",
        {"package": "basic"},
        content_type="application/json",
        headers={"Idempotency-Key": "1"},
    )

    assert page.status_code == answer.status_code == 429
    assert "Several payments were declined" in page.content.decode()
    assert "Please try again in 30 minutes." in page.content.decode()
    assert answer.json()["code"] == "rate_limited"
    assert 0 < int(answer["Retry-After"]) <= limits.COOL_DOWN_REST.total_seconds()
    assert Purchase.objects.count() == 1


def test_a_purchase_remembers_the_address_that_our_proxies_name(shop: Shop, settings: Settings):
    settings.TRUSTED_PROXIES = 1
    browser = Client(headers={"X-Forwarded-For": f"6.6.6.6, {ADDRESS}"})
    browser.force_login(shop.customer("alice"))

    page = browser.post("/buy-tokens", {"package": "basic", "idempotency_key": str(new_id())})

    assert page.status_code == 303
    assert Purchase.objects.get().address == ADDRESS
