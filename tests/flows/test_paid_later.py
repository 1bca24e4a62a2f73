"""`completed` is not `paid`: a bank debit completes the checkout and settles or fails days later."""

import pytest

from payments.kinds import PurchaseStatus
from payments.models import InboxEvent, Purchase
from tests.support.shop import Shop
from tokens.models import Entry


@pytest.fixture
def debited(shop: Shop) -> Purchase:
    """A purchase whose checkout is complete, and whose money is still on its way."""
    purchase = shop.start("alice", "basic")
    tell(shop, purchase, "checkout.session.completed", payment_status="unpaid")
    assert purchase.status == PurchaseStatus.PROCESSING
    assert shop.wallet("alice").balance == 0
    return purchase


def tell(shop: Shop, purchase: Purchase, event_type: str, *, payment_status: str) -> str:
    """Tell of the session as it is, complete, with its payment at this stage; answer the outcome."""
    session = shop.stripe.object(str(purchase.stripe_session_id))
    changes = {"status": "complete", "payment_status": payment_status, "payment_intent": "pi_debit"}
    event = shop.stripe.emit(event_type, {**session, **changes})
    shop.stripe.wait_until_idle(ignore_retries=True)
    purchase.refresh_from_db()
    return InboxEvent.objects.get(stripe_event_id=event["id"]).outcome


def test_a_debit_that_arrives_is_credited(shop: Shop, debited: Purchase):
    tell(shop, debited, "checkout.session.async_payment_succeeded", payment_status="paid")

    assert debited.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250


def test_a_debit_that_fails_credits_nothing(shop: Shop, debited: Purchase):
    tell(shop, debited, "checkout.session.async_payment_failed", payment_status="unpaid")

    assert debited.status == PurchaseStatus.FAILED
    assert debited.closed_at is not None
    assert not Entry.objects.exists()


def test_completion_told_again_keeps_waiting(shop: Shop, debited: Purchase):
    assert tell(shop, debited, "checkout.session.completed", payment_status="unpaid") == "waiting"
    assert debited.status == PurchaseStatus.PROCESSING


def test_a_failure_told_after_the_credit_takes_nothing(shop: Shop, debited: Purchase):
    tell(shop, debited, "checkout.session.async_payment_succeeded", payment_status="paid")

    assert (
        tell(shop, debited, "checkout.session.async_payment_failed", payment_status="unpaid")
        == "late_failure"
    )

    assert debited.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250


def test_a_failure_that_names_no_purchase_of_ours_is_ignored(shop: Shop):
    event = shop.stripe.emit("checkout.session.async_payment_failed", {"id": "cs_test_other", "metadata": {}})
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert InboxEvent.objects.get(stripe_event_id=event["id"]).status == "ignored"


def test_an_expiry_told_after_the_credit_changes_nothing(shop: Shop):
    purchase = shop.buy("alice", "basic")
    session = shop.stripe.object(str(purchase.stripe_session_id))

    event = shop.stripe.emit(
        "checkout.session.expired", {**session, "status": "expired", "payment_status": "unpaid"}
    )
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert InboxEvent.objects.get(stripe_event_id=event["id"]).outcome == "unchanged"
    assert purchase.status == PurchaseStatus.SETTLED


def test_an_expired_purchase_whose_payment_turns_up_after_all_is_credited(shop: Shop):
    purchase = shop.start("alice", "basic")
    session = shop.stripe.object(str(purchase.stripe_session_id))
    shop.stripe.emit("checkout.session.expired", {**session, "status": "expired"})
    shop.stripe.wait_until_idle(ignore_retries=True)

    shop.pay(purchase)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.closed_at) == (PurchaseStatus.SETTLED, None)
    assert shop.wallet("alice").balance == 250
