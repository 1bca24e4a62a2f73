"""Refunds take their tokens with them: exactly as many, whatever Stripe tells first, and however often.

Each scenario is told as it happens, and then twice with each event doubled and all of them in another order.
"""

import pytest
from django.db.models import Sum
from django.utils import timezone

from payments.kinds import PurchaseStatus
from payments.models import Refund
from security.kinds import AlertKind
from tests.support.money_back import ALL, PRICE, Story, alerts, amounts, stand, story
from tokens.models import Entry, Lot
from tokens.services import holds

__all__ = ["story"]


def test_a_refund_of_all_takes_all(story: Story):
    with story.told():
        intent = story.buy()
        story.shop.stripe.refund(intent)

    assert stand(story) == (0, 0, "active", "full")
    assert story.purchase.status == PurchaseStatus.SETTLED
    assert Refund.objects.get().status == "succeeded"
    assert alerts() == {}


def test_two_halves_make_the_whole(story: Story):
    with story.told():
        intent = story.buy()
        story.shop.stripe.refund(intent, 500)
        story.shop.stripe.refund(intent, PRICE - 500)

    assert stand(story) == (0, 0, "active", "full")


def test_half_takes_half(story: Story):
    with story.told():
        story.shop.stripe.refund(story.buy(), 500)

    assert stand(story) == (ALL - ALL * 500 // PRICE, 0, "active", "partial")


def test_three_equal_thirds_make_the_whole(story: Story):
    """Of 1100 tokens a third is 366 and two thirds: no token is lost or made by rounding."""
    with story.told():
        intent = story.buy()
        for _ in range(3):
            story.shop.stripe.refund(intent, PRICE // 3)

    assert stand(story) == (0, 0, "active", "full")
    if story.seed is None:
        assert amounts(story) == [ALL, -366, -367, -367]
    assert Refund.objects.count() == 3


@pytest.mark.parametrize("first", ["charge.refunded", "refund.created"])
def test_one_refund_told_by_its_charge_and_by_itself_counts_once(story: Story, first: str):
    last = {"charge.refunded": "refund.created", "refund.created": "charge.refunded"}[first]
    with story.told():
        intent = story.buy()
    story.shop.stripe.hold()
    story.shop.stripe.refund(intent, 333)
    for told in (first, last, first):
        for event in story.shop.stripe.events(event_type=told):
            story.shop.stripe.duplicate(event["id"], 2)
        assert stand(story) == (ALL - ALL * 333 // PRICE, 0, "active", "partial")
    story.shop.stripe.release()
    story.settle()

    assert stand(story) == (ALL - ALL * 333 // PRICE, 0, "active", "partial")
    assert Entry.objects.count() == 2


def test_a_refund_that_fails_gives_its_tokens_back(story: Story):
    with story.told():
        intent = story.buy()
        refund = story.shop.stripe.refund(intent, status="pending")
        story.shop.stripe.end_refund(refund["id"], "failed")

    assert stand(story) == (ALL, 0, "active", "none")
    if story.seed is None:
        assert amounts(story) == [ALL, -ALL, ALL]
    row = Refund.objects.get()
    assert (row.status, row.failure_reason, row.ended_at is None) == ("failed", "declined", False)
    assert alerts() == {AlertKind.REFUND_FAILED: 1}


def test_a_pending_refund_takes_at_once_and_its_success_changes_nothing(story: Story):
    with story.told():
        intent = story.buy()
        refund = story.shop.stripe.refund(intent, 500, status="pending")
        story.shop.stripe.end_refund(refund["id"], "succeeded")

    assert stand(story) == (ALL - ALL * 500 // PRICE, 0, "active", "partial")
    assert Refund.objects.get().status == "succeeded"


def test_a_canceled_refund_gives_its_tokens_back(story: Story):
    with story.told():
        intent = story.buy()
        refund = story.shop.stripe.refund(intent, 500, status="pending")
        story.shop.stripe.end_refund(refund["id"], "canceled")

    assert stand(story) == (ALL, 0, "active", "none")


def test_more_refunded_than_was_paid_takes_no_more_than_was_bought_and_alerts(story: Story):
    with story.told():
        intent = story.buy()
        story.buy()
        story.shop.stripe.refund(intent)
        story.shop.stripe.refund(intent, 500, unchecked=True)

    assert stand(story) == (ALL, 0, "active", "full")
    assert alerts() == {AlertKind.REFUND_EXCEEDS_PAYMENT: 1}


def test_a_currency_without_decimals_is_counted_in_its_own_unit(story: Story):
    story.publish(currency="jpy", price=1000)
    with story.told():
        intent = story.buy()
        story.shop.stripe.refund(intent, 333)

    assert stand(story) == (ALL - ALL * 333 // 1000, 0, "active", "partial")
    assert Refund.objects.get().currency == "jpy"


def test_what_was_spent_is_owed_and_the_next_purchase_pays_it(story: Story):
    with story.told():
        intent = story.buy()
    story.spend(300)
    with story.told():
        story.shop.stripe.refund(intent)
    assert stand(story) == (0, 300, "active", "full")

    with story.told():
        story.buy()

    assert stand(story) == (ALL - 300, 0, "active", "full")


def test_a_reversal_takes_the_payments_own_lots_and_leaves_the_others(story: Story):
    with story.told():
        intent = story.buy()
        story.buy()
        story.shop.stripe.refund(intent)

    remaining = dict(Lot.objects.values_list("entry__purchase_id").annotate(Sum("remaining")))
    assert remaining == {story.purchases[0].id: 0, story.purchases[1].id: ALL}


def test_a_lot_that_has_expired_pays_for_nothing(story: Story):
    with story.told():
        intent = story.buy()
    story.spend(300)
    story.grant_what_has_expired(200)
    with story.told():
        story.shop.stripe.refund(intent)

    assert stand(story) == (0, 300, "active", "full")


def test_a_held_token_is_not_taken_and_is_owed_until_it_is_free(story: Story):
    with story.told():
        intent = story.buy()
    hold = story.hold(400)
    with story.told():
        story.shop.stripe.refund(intent)
    assert (story.wallet.balance, story.wallet.held, story.wallet.debt) == (400, 400, 400)
    story.assert_mirrored()

    holds.release(service=hold.service, hold_id=hold.id, key="release", now=timezone.now())
    story.settle()

    assert stand(story) == (0, 0, "active", "full")
