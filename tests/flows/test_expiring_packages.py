"""A package may say that its tokens expire: what was said when it was bought holds, whatever is said later."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from payments.models import Purchase
from tests.support.lifetimes import publish_lasting
from tests.support.shop import Shop
from tokens.kinds import EntryType
from tokens.models import Entry, Lot
from tokens.queries.wallets import wallet_of
from tokens.services.sweeps import sweep_wallets

DAYS = 30
TOLD = "Unused tokens expire 30 days after they arrive in your wallet."


@pytest.fixture
def bought(shop: Shop) -> Purchase:
    """Basic, bought while its tokens last thirty days; paid when new buyers are told that they never expire."""
    publish_lasting(DAYS)
    purchase = shop.start("alice", "basic")
    publish_lasting(None)
    shop.pay(purchase)
    purchase.refresh_from_db()
    return purchase


def end_of(purchase: Purchase) -> datetime:
    assert purchase.settled_at is not None
    return purchase.settled_at + timedelta(days=DAYS)


def test_tokens_and_bonus_expire_as_was_said_when_they_were_bought(shop: Shop, bought: Purchase):
    owner, end = shop.customer("alice").id, end_of(bought)
    assert [lot.expires_at for lot in Lot.objects.all()] == [end, end]
    assert wallet_of(owner, now=end - timedelta(seconds=1)).available == 250
    assert wallet_of(owner, now=end).available == 0

    sweep_wallets(now=end)

    assert (shop.wallet().balance, Entry.objects.filter(type=EntryType.EXPIRY).count()) == (0, 1)
    shop.assert_sound()


def test_tokens_that_come_back_expire_when_they_would_have(shop: Shop, bought: Purchase):
    dispute = shop.stripe.dispute(bought.stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)
    assert shop.wallet().balance == 0

    shop.stripe.move_dispute(dispute["id"], "win")
    shop.stripe.wait_until_idle(ignore_retries=True)

    lots = list(Lot.objects.filter(is_open=True))
    assert sum(lot.remaining for lot in lots) == 250
    assert {lot.expires_at for lot in lots} == {end_of(bought)}
    shop.assert_sound()


def test_a_payment_that_is_told_late_brings_tokens_that_last_from_the_credit_on(shop: Shop):
    publish_lasting(DAYS)
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.pay(purchase)
    Purchase.objects.filter(id=purchase.id).update(started_at=purchase.started_at - timedelta(days=3))
    shop.stripe.release()
    purchase.refresh_from_db()
    assert {lot.expires_at for lot in Lot.objects.all()} == {end_of(purchase)}


def test_the_buyer_is_told_beside_the_button_that_pays(shop: Shop):
    forever = shop.start("alice", "basic")
    publish_lasting(DAYS)
    lasting = shop.start("alice", "basic")

    said = [
        shop.stripe.object(str(purchase.stripe_session_id))["custom_text"]["submit"]
        for purchase in (forever, lasting)
    ]

    assert said == [None, {"message": TOLD}]


def test_apps_and_firestore_are_told_too(shop: Shop, bought: Purchase, client: Client):
    publish_lasting(DAYS)
    shop.drain()
    client.force_login(shop.customer("alice"))
    listed = {each["code"]: each for each in client.get("/api/tokens/packages").json()}
    assert (listed["basic"]["tokens_expire_after_days"], listed["pro"]["tokens_expire_after_days"]) == (
        30,
        None,
    )
    for code in ("basic", "pro"):
        document = shop.document(f"packages/{code}")
        assert document is not None
        assert document["tokens_expire_after_days"] == listed[code]["tokens_expire_after_days"]
    told = client.get(f"/api/tokens/purchases/{bought.id}").json()
    assert told["tokens_expire_after_days"] == DAYS
    assert datetime.fromisoformat(told["tokens_expire_at"]) == end_of(bought)
    waiting = shop.start("alice", "pro")
    told = client.get(f"/api/tokens/purchases/{waiting.id}").json()
    assert (told["tokens_expire_after_days"], told["tokens_expire_at"]) == (None, None)
