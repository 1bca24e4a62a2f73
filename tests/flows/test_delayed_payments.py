"""Payments that take days: the buyer is done, and a bank pays or refuses later."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from payments.kinds import Outcome, PurchaseStatus
from payments.limits import PROCESSING_ASK_INTERVAL, PROCESSING_WAIT
from payments.models import InboxEvent, Purchase
from payments.queries.purchases import stuck_count
from payments.services import sweeps
from security.models import Alert
from tests.support.shop import Shop
from tokens.models import Entry

DAYS_3 = 3 * 24 * 3600
WAITS = "000000000009"
COMPLETED = "checkout.session.completed"
SUCCEEDED = "checkout.session.async_payment_succeeded"
FAILED = "checkout.session.async_payment_failed"


def assert_not_credited(shop: Shop) -> None:
    assert shop.wallet("alice").balance == 0
    assert not Entry.objects.exists()


def assert_credited_once(shop: Shop, purchase: Purchase) -> None:
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert (shop.wallet("alice").balance, Entry.objects.count()) == (250, 1)


def test_a_debit_is_processing_and_credits_nothing_yet(shop: Shop):
    purchase = shop.start("alice", "basic")

    shop.debit(purchase)

    assert purchase.status == PurchaseStatus.PROCESSING
    assert purchase.processing_at is not None
    assert purchase.expected_by == purchase.processing_at + PROCESSING_WAIT
    assert purchase.stripe_payment_intent_id.startswith("pi_")
    assert InboxEvent.objects.get(type=COMPLETED).outcome == Outcome.WAITING
    assert_not_credited(shop)


def test_a_debit_that_settles_after_three_days_is_credited_then(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase)

    shop.stripe.advance_clock(DAYS_3 - 3600)
    shop.stripe.wait_until_idle(ignore_retries=True)
    assert_not_credited(shop)
    shop.stripe.advance_clock(2 * 3600)
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert_credited_once(shop, purchase)
    assert purchase.expected_by is None
    assert not Alert.objects.exists()
    shop.drain()
    document = shop.document(f"users/{shop.wallet('alice').document_id}")
    assert document is not None
    assert document["tokenBalance"] == 250
    assert not InboxEvent.objects.exclude(sync_error="").exists()


def test_a_debit_that_fails_credits_nothing_and_says_why(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase, "000222222227")

    shop.stripe.advance_clock(DAYS_3 + 60)
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.failure_code) == (PurchaseStatus.FAILED, "insufficient_funds")
    assert purchase.closed_at is not None
    assert not Alert.objects.exists()
    assert_not_credited(shop)
    shop.drain()
    assert not InboxEvent.objects.exclude(sync_error="").exists()


def test_a_purchase_whose_bank_was_never_asked_expires(shop: Shop):
    purchase = shop.start("alice", "basic")

    shop.stripe.advance_clock(DAYS_3)
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.EXPIRED
    assert_not_credited(shop)


def test_a_payment_at_a_bank_does_not_expire_with_its_session(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase, WAITS)

    shop.stripe.emit("checkout.session.expired", str(purchase.stripe_session_id))
    expired = {**shop.stripe.object(str(purchase.stripe_session_id)), "status": "expired"}
    shop.stripe.emit("checkout.session.expired", expired)
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.PROCESSING
    shop.stripe.settle(str(purchase.stripe_session_id))
    shop.stripe.wait_until_idle(ignore_retries=True)
    assert_credited_once(shop, purchase)


def assert_failed(shop: Shop, purchase: Purchase) -> None:
    purchase.refresh_from_db()
    assert (purchase.status, purchase.failure_code) == (PurchaseStatus.FAILED, "insufficient_funds")
    assert purchase.stripe_payment_intent_id.startswith("pi_")
    assert_not_credited(shop)
    assert not Alert.objects.exists()


def assert_settled(shop: Shop, purchase: Purchase) -> None:
    assert_credited_once(shop, purchase)
    assert not Alert.objects.exists()


def assert_settled_and_alerted(shop: Shop, purchase: Purchase) -> None:
    assert_credited_once(shop, purchase)
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count) == ("payment_failed_after_settlement", "high", 1)
    assert alert.user_id == purchase.buyer_id
    assert alert.evidence["purchase_id"] == str(purchase.id)
    assert alert.evidence["stripe_payment_intent_id"] == purchase.stripe_payment_intent_id


def settles(shop: Shop, session_id: str) -> None:
    shop.stripe.settle(session_id)


def fails(shop: Shop, session_id: str) -> None:
    shop.stripe.fail(session_id)


def fails_late(shop: Shop, session_id: str) -> None:
    shop.stripe.settle(session_id)
    shop.stripe.fail(session_id)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("ends", "judge"),
    [(settles, assert_settled), (fails, assert_failed), (fails_late, assert_settled_and_alerted)],
    ids=["settled", "failed", "failed-late"],
)
def test_every_event_told_twice_and_shuffled_leads_to_the_same_end(
    shop: Shop, ends: Callable[[Shop, str], None], judge: Callable[[Shop, Purchase], None], seed: int
):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.deliver_each(2)
    shop.stripe.debit(str(purchase.stripe_session_id), WAITS)
    ends(shop, str(purchase.stripe_session_id))

    statuses = shop.stripe.release(order="shuffled", seed=seed)

    assert set(statuses) == {200}
    judge(shop, purchase)


@pytest.mark.parametrize("order", ["created", "reversed"])
def test_a_late_failure_takes_nothing_back_and_is_one_alert(shop: Shop, order):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase, WAITS)
    shop.stripe.hold()
    fails_late(shop, str(purchase.stripe_session_id))

    shop.stripe.release(order=order)
    told_again = shop.stripe.events(event_type=FAILED)[0]["id"]
    shop.stripe.resend(told_again)
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert_settled_and_alerted(shop, purchase)
    assert shop.wallet("alice").seq == 1
    outcomes = set(InboxEvent.objects.filter(type=FAILED).values_list("outcome", flat=True))
    assert Outcome.LATE_FAILURE in outcomes


def test_a_failure_of_another_session_changes_nothing(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase, WAITS)
    other = {**shop.stripe.object(str(purchase.stripe_session_id)), "id": "cs_test_other"}

    shop.stripe.emit(FAILED, other)
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.PROCESSING


def test_a_failure_told_of_a_purchase_that_is_over_changes_nothing(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.advance_clock(DAYS_3)
    shop.stripe.wait_until_idle(ignore_retries=True)

    shop.stripe.emit(FAILED, str(purchase.stripe_session_id))
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.EXPIRED
    assert InboxEvent.objects.get(type=FAILED).outcome == Outcome.UNCHANGED


def test_the_sweep_asks_about_a_payment_at_a_bank_at_a_calm_interval(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase, WAITS)
    shop.stripe.forget_requests()
    start = timezone.now()

    for hours in range(0, 48, 2):  # long past the session's end
        sweeps.sweep_purchases(now=start + timedelta(hours=hours))

    asked = shop.stripe.requests().total
    assert asked == timedelta(hours=48) / PROCESSING_ASK_INTERVAL - 1
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.PROCESSING
    assert stuck_count(now=start + timedelta(hours=48)) == 0
    assert stuck_count(now=start + PROCESSING_WAIT + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    ("ends", "status"),
    [(settles, PurchaseStatus.SETTLED), (fails, PurchaseStatus.FAILED)],
    ids=["settles", "fails"],
)
def test_the_sweep_learns_of_an_end_that_was_never_told(shop: Shop, ends, status: PurchaseStatus):
    purchase = shop.start("alice", "basic")
    shop.debit(purchase, WAITS)
    shop.stripe.hold()
    ends(shop, str(purchase.stripe_session_id))
    shop.stripe.drop_held()

    sweeps.sweep_purchases(now=timezone.now() + PROCESSING_ASK_INTERVAL + timedelta(seconds=1))

    purchase.refresh_from_db()
    assert purchase.status == status
    assert shop.wallet("alice").balance == (250 if status == PurchaseStatus.SETTLED else 0)
