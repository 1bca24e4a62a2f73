"""Payments that we give back ourselves: our row first, then Stripe, and its webhook meets the row."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.errors import IdempotencyKeyReused
from identity.models import User
from payments.errors import (
    PaymentsUnavailable,
    PurchaseNotFound,
    RefundNotPossible,
    RefundRefused,
    RefundTooLarge,
)
from payments.kinds import PurchaseStatus, RefundReason
from payments.limits import REFUND_RETRY_INTERVAL, REFUND_RETRY_WINDOW
from payments.models import Purchase, Refund
from payments.queries.reversals import left_cents
from payments.services import refunds, staff_refunds
from payments.services.staff_refunds import retry_requested_refunds
from payments.tasks import retry_refunds
from tests.support.refunds import start_refund
from tests.support.shop import Shop
from tests.support.staff import DAVE, permit

BASIC = 250
PRICE = 1499


@pytest.fixture(autouse=True)
def _dave(transactional_db: None) -> None:
    """Dave gives payments back, and may do nothing else."""
    dave = User.objects.create(id=uuid.UUID(DAVE.id), email="dave@example.com", is_staff=True)
    permit(dave, "payments.refund_purchase")


def give_back(purchase: Purchase, cents: int | None = None, key: str = "") -> Refund:
    return start_refund(
        purchase_id=purchase.id,
        amount_cents=cents,
        reason=RefundReason.REQUESTED_BY_CUSTOMER,
        note="They changed their mind.",
        idempotency_key=key or str(uuid.uuid4()),
        actor=DAVE,
        now=timezone.now(),
    )


def at_stripe(shop: Shop) -> list[dict[str, object]]:
    """The refunds there are at Stripe."""
    return [event["data"]["object"] for event in shop.stripe.events(event_type="refund.created")]


def stand(shop: Shop, purchase: Purchase) -> tuple[int, str]:
    purchase.refresh_from_db()
    return shop.wallet().balance, purchase.reversal


def test_a_refund_of_all_is_asked_for_kept_and_told_once(shop: Shop):
    purchase = shop.buy()

    refund = give_back(purchase)
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert stand(shop, purchase) == (0, "full")
    (made,) = at_stripe(shop)
    assert made["metadata"] == {"refund_id": str(refund.id), "purchase_id": str(purchase.id)}
    kept = Refund.objects.get()
    assert (kept.stripe_refund_id, kept.status, kept.amount_cents) == (made["id"], "succeeded", PRICE)
    assert (kept.requested_by, kept.note, kept.reason) == (
        DAVE.id,
        "They changed their mind.",
        "requested_by_customer",
    )


def test_an_answer_before_the_webhook_meets_the_same_row(shop: Shop):
    purchase = shop.buy()
    shop.stripe.hold()

    give_back(purchase, 500)
    assert stand(shop, purchase) == (BASIC - BASIC * 500 // PRICE, "partial")
    shop.stripe.release()

    assert Refund.objects.get().status == "succeeded"
    assert stand(shop, purchase) == (BASIC - BASIC * 500 // PRICE, "partial")


def test_a_webhook_before_the_answer_meets_the_same_row(shop: Shop):
    """The answer was lost; whoever sends the form again has the refund already, and Stripe is not asked."""
    purchase = shop.buy()
    shop.stripe.fail_next(2, kind="reset_after", path="/v1/refunds")
    with pytest.raises(PaymentsUnavailable):
        give_back(purchase, 500, "once")
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.forget_requests()

    refund = give_back(purchase, 500, "once")

    assert Refund.objects.get() == refund
    assert (refund.status, refund.requested_by) == ("succeeded", DAVE.id)
    assert shop.stripe.requests().total == 0
    assert stand(shop, purchase) == (BASIC - BASIC * 500 // PRICE, "partial")


def test_one_key_is_one_refund_and_no_other(shop: Shop):
    purchase, other = shop.buy(), shop.buy(package="starter")

    first, again = give_back(purchase, 500, "once"), give_back(purchase, 500, "once")

    assert first.id == again.id
    assert give_back(purchase, None, "once").id == first.id
    with pytest.raises(IdempotencyKeyReused):
        give_back(purchase, 400, "once")
    with pytest.raises(IdempotencyKeyReused):
        give_back(other, 500, "once")
    assert len(at_stripe(shop)) == 1


@pytest.mark.parametrize("cents", [0, -1, PRICE + 1])
def test_what_cannot_be_given_back_is_refused_before_stripe_is_asked(shop: Shop, cents: int):
    purchase = shop.buy()

    with pytest.raises(RefundTooLarge) as refused:
        give_back(purchase, cents)

    assert refused.value.members["left_cents"] == PRICE
    assert not Refund.objects.exists()
    assert at_stripe(shop) == []
    assert stand(shop, purchase) == (BASIC, "none")


def test_no_more_than_is_left_goes_back(shop: Shop):
    purchase = shop.buy()
    give_back(purchase, 1000)
    shop.stripe.refund(str(purchase.stripe_payment_intent_id), 400)
    shop.stripe.wait_until_idle(ignore_retries=True)

    with pytest.raises(RefundTooLarge) as refused:
        give_back(purchase, 100)

    assert refused.value.members["left_cents"] == 99
    assert give_back(purchase).amount_cents == 99
    with pytest.raises(RefundNotPossible):
        give_back(purchase)
    assert stand(shop, purchase) == (0, "full")


def test_unpaid_unknown_and_disputed_payments_are_not_given_back(shop: Shop):
    unpaid, disputed = shop.start(), shop.buy()
    dispute = shop.stripe.dispute(disputed.stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)

    for purchase, refusal in ((unpaid, RefundNotPossible), (disputed, RefundNotPossible)):
        with pytest.raises(refusal):
            give_back(purchase)
    with pytest.raises(PurchaseNotFound):
        give_back(Purchase(id=uuid.uuid4()))
    shop.stripe.move_dispute(dispute["id"], "win")
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert give_back(disputed).status == "succeeded"
    assert stand(shop, disputed) == (0, "full")


def test_refunded_in_stripes_dashboard_while_staff_refund(shop: Shop):
    """Stripe has given all back, and has not told us yet: it refuses ours, and nothing is taken twice."""
    purchase = shop.buy()
    shop.stripe.hold()
    shop.stripe.refund(purchase.stripe_payment_intent_id)

    with pytest.raises(RefundRefused) as refused:
        give_back(purchase, 500)
    shop.stripe.release()

    assert refused.value.members["stripe_code"] == "charge_already_refunded"
    assert dict(Refund.objects.values_list("amount_cents", "status")) == {500: "failed", PRICE: "succeeded"}
    assert stand(shop, purchase) == (0, "full")


def test_a_refund_that_stripe_refused_is_refused_again_and_hides_no_other(shop: Shop):
    """What the charge tells is believed before its refund is told, whatever Stripe has refused to us."""
    purchase = shop.buy()
    shop.stripe.fail_next(2, status=404, path="/v1/refunds")
    for _ in range(2):
        with pytest.raises(RefundRefused):
            give_back(purchase, None, "once")
    assert at_stripe(shop) == []

    refunds.note_charge_refunded(
        payment_intent_id=str(purchase.stripe_payment_intent_id), amount_cents=500, now=timezone.now()
    )

    assert stand(shop, purchase) == (BASIC - BASIC * 500 // PRICE, "partial")
    assert left_cents(purchase) == PRICE - 500


def test_a_part_in_the_dashboard_and_a_part_by_staff_are_two_refunds(shop: Shop):
    purchase = shop.buy()
    shop.stripe.hold()
    shop.stripe.refund(purchase.stripe_payment_intent_id, 500)
    give_back(purchase, 500)
    shop.stripe.release(order="reversed")

    assert Refund.objects.count() == 2
    assert stand(shop, purchase) == (BASIC - BASIC * 1000 // PRICE, "partial")


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
def test_a_lost_answer_is_asked_for_again_and_is_the_same_refund(shop: Shop, kind: str):
    purchase = shop.buy()
    shop.stripe.hold()
    shop.stripe.fail_next(2, kind=kind, path="/v1/refunds")  # type: ignore[arg-type]
    with pytest.raises(PaymentsUnavailable):
        give_back(purchase, 500)
    assert Refund.objects.get().status == "requested"
    with pytest.raises(RefundTooLarge):  # what is asked for is not there for another
        give_back(purchase, 1000)

    assert retry_refunds() == 0  # it was asked for just now
    assert retry_requested_refunds(now=timezone.now() + REFUND_RETRY_INTERVAL) == 1
    shop.stripe.release()

    assert len(at_stripe(shop)) == 1
    assert Refund.objects.get().status == "succeeded"
    assert stand(shop, purchase) == (BASIC - BASIC * 500 // PRICE, "partial")


def test_while_stripe_is_away_a_refund_waits_and_after_a_day_it_is_given_up(shop: Shop):
    purchase = shop.buy()
    shop.stripe.fail_next(100, status=500, path="/v1/refunds")
    with pytest.raises(PaymentsUnavailable):
        give_back(purchase)
    assert retry_requested_refunds(now=timezone.now() + REFUND_RETRY_INTERVAL) == 1
    assert Refund.objects.get().status == "requested"

    assert retry_requested_refunds(now=timezone.now() + REFUND_RETRY_WINDOW + timedelta(minutes=1)) == 1

    shop.stripe.stop_failing()
    refund = Refund.objects.get()
    assert (refund.status, refund.failure_reason) == ("failed", staff_refunds.NOT_ANSWERED)
    assert retry_requested_refunds(now=timezone.now() + timedelta(days=2)) == 0
    assert stand(shop, purchase) == (BASIC, "none")


def test_a_refund_that_was_given_up_and_made_after_all_counts(shop: Shop):
    purchase = shop.buy()
    shop.stripe.hold()
    shop.stripe.fail_next(2, kind="reset_after", path="/v1/refunds")
    with pytest.raises(PaymentsUnavailable):
        give_back(purchase)
    retry_requested_refunds(now=timezone.now() + REFUND_RETRY_WINDOW + timedelta(minutes=1))
    assert Refund.objects.get().status == "failed"

    shop.stripe.release()

    assert (Refund.objects.get().status, Refund.objects.get().ended_at) == ("succeeded", None)
    assert stand(shop, purchase) == (0, "full")


def test_a_refund_that_stripe_refuses_on_a_retry_ends(shop: Shop):
    purchase = shop.buy()
    shop.stripe.hold()
    shop.stripe.fail_next(2, kind="reset", path="/v1/refunds")
    with pytest.raises(PaymentsUnavailable):
        give_back(purchase)
    shop.stripe.refund(purchase.stripe_payment_intent_id)

    assert retry_requested_refunds(now=timezone.now() + REFUND_RETRY_INTERVAL) == 1
    shop.stripe.release()

    assert sorted(Refund.objects.values_list("status", flat=True)) == ["failed", "succeeded"]
    assert stand(shop, purchase) == (0, "full")


def test_a_quarantined_payment_is_given_back_and_ends_as_refunded(shop: Shop):
    purchase = shop.start()
    shop.stripe.edit(str(purchase.stripe_session_id), amount_total=1)
    shop.pay(purchase)
    purchase.refresh_from_db()
    assert (purchase.status, purchase.paid_cents) == (PurchaseStatus.QUARANTINED, 1)

    give_back(purchase)
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.reversal) == (PurchaseStatus.REFUNDED, "full")
    assert shop.wallet().balance == 0
    with pytest.raises(RefundNotPossible):
        give_back(purchase)
