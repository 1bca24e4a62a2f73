"""From the start of a purchase to its end, whatever the end is."""

import pytest
from django.utils import timezone

from payments.errors import PaymentsUnavailable
from payments.kinds import PurchaseStatus
from payments.limits import SWEEP_GRACE
from payments.models import InboxEvent, Purchase
from payments.services import purchases, sweeps
from payments.services.checkout import refresh_from_stripe
from security.models import Alert
from tests.support.shop import Shop
from tokens.models import Entry

DECLINED = "4000000000000002"


def test_a_paid_purchase_credits_tokens_and_bonus_and_firestore_shows_them(shop: Shop):
    purchase = shop.buy("alice", "basic")

    assert purchase.status == PurchaseStatus.SETTLED
    assert purchase.settled_at is not None
    wallet = shop.wallet("alice")
    assert (wallet.balance, wallet.total_purchased, wallet.total_earned, wallet.seq) == (250, 200, 50, 1)
    shop.drain()
    document = shop.document(f"users/{wallet.document_id}")
    assert document is not None
    assert (document["tokenBalance"], document["ledgerSeq"], document["walletVersion"]) == (
        250,
        1,
        wallet.version,
    )
    entry = shop.document(f"transactions/{purchase.entry_id}")
    assert entry is not None
    assert (entry["amount"], entry["balanceAfter"], entry["type"]) == (250, 250, "purchase")
    assert entry["purchaseId"] == str(purchase.id)
    assert not Alert.objects.exists()


def test_packages_of_every_size_add_up(shop: Shop):
    for package in ("starter", "basic", "pro", "premium"):
        shop.buy("alice", package)

    wallet = shop.wallet("alice")
    assert (wallet.balance, wallet.total_purchased, wallet.total_earned, wallet.seq) == (2150, 1750, 400, 4)
    shop.drain()
    document = shop.document(f"users/{wallet.document_id}")
    assert document is not None
    assert document["tokenBalance"] == 2150


def test_a_declined_card_leaves_the_purchase_open_and_another_card_pays_it(shop: Shop):
    purchase = shop.start("alice", "basic")

    shop.pay(purchase, DECLINED)
    purchase.refresh_from_db()
    assert (purchase.status, purchase.failure_code) == (PurchaseStatus.OPEN, "generic_decline")
    assert shop.wallet("alice").balance == 0

    shop.pay(purchase)
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250


def test_a_canceled_purchase_cannot_be_paid_and_credits_nothing(shop: Shop):
    purchase = shop.start("alice", "basic")

    canceled = purchases.cancel_purchase(
        buyer_id=purchase.buyer_id, purchase_id=purchase.id, now=timezone.now()
    )

    assert canceled.status == PurchaseStatus.CANCELED
    assert purchase.stripe_session_id
    assert shop.stripe.object(purchase.stripe_session_id)["status"] == "expired"
    shop.stripe.wait_until_idle(ignore_retries=True)
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.CANCELED
    assert shop.wallet("alice").balance == 0


def test_canceling_a_purchase_that_is_already_paid_settles_it(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))

    answered = purchases.cancel_purchase(
        buyer_id=purchase.buyer_id, purchase_id=purchase.id, now=timezone.now()
    )

    assert answered.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250
    shop.stripe.release()
    assert shop.wallet("alice").balance == 250


def test_canceling_while_stripe_is_away_cancels_nothing(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.fail_next(10, status=500, path="/v1/checkout/*")

    with pytest.raises(PaymentsUnavailable):
        purchases.cancel_purchase(buyer_id=purchase.buyer_id, purchase_id=purchase.id, now=timezone.now())

    shop.stripe.stop_failing()
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.OPEN
    shop.pay(purchase)
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED


def test_a_session_that_nobody_paid_expires_with_its_purchase(shop: Shop):
    purchase = shop.start("alice", "basic")

    shop.stripe.advance_clock(3 * 3600)
    shop.stripe.emit("checkout.session.expired", str(purchase.stripe_session_id))
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.EXPIRED
    assert shop.wallet("alice").balance == 0


def test_the_success_page_asks_stripe_when_the_webhook_is_late_and_credits_once(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    shop.stripe.forget_requests()
    now = timezone.now()

    for _ in range(5):
        refresh_from_stripe(buyer_id=purchase.buyer_id, session_id=str(purchase.stripe_session_id), now=now)

    assert shop.wallet("alice").balance == 250
    assert shop.stripe.requests().total == 1
    shop.stripe.release()
    assert shop.wallet("alice").balance == 250
    assert Entry.objects.count() == 1


def test_asking_about_another_customers_session_asks_nothing(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.pay(str(purchase.stripe_session_id))
    shop.stripe.wait_until_idle(ignore_retries=True)
    bob = shop.customer("bob")
    shop.stripe.forget_requests()

    refresh_from_stripe(buyer_id=bob.id, session_id=str(purchase.stripe_session_id), now=timezone.now())

    assert shop.stripe.requests().total == 0
    assert shop.wallet("bob").balance == 0


def test_the_sweep_settles_what_was_paid_and_never_told(shop: Shop):
    paid, left = shop.start("alice", "basic"), shop.start("bob", "pro")
    shop.stripe.hold()
    shop.stripe.pay(str(paid.stripe_session_id))
    shop.stripe.drop_held()
    shop.stripe.advance_clock(3 * 3600)
    Purchase.objects.update(expires_at=timezone.now() - 5 * SWEEP_GRACE)

    assert sweeps.sweep_purchases(now=timezone.now()) == 2

    paid.refresh_from_db()
    left.refresh_from_db()
    assert (paid.status, left.status) == (PurchaseStatus.SETTLED, PurchaseStatus.EXPIRED)
    assert shop.wallet("alice").balance == 250
    assert sweeps.sweep_purchases(now=timezone.now()) == 0


def test_events_of_other_kinds_are_stored_and_ignored(shop: Shop):
    purchase = shop.buy("alice", "basic")

    intent = InboxEvent.objects.get(type="payment_intent.succeeded")
    assert (intent.status, intent.payment_intent_id) == ("ignored", purchase.stripe_payment_intent_id)
    assert intent.purchase_id == purchase.id
