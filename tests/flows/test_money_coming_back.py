"""Money that goes back takes its tokens with it: exactly as many, whatever Stripe tells first, and however often.

Each scenario is told as it happens, and then twice with each event doubled and all of them in another order.
"""

from collections.abc import Iterator

import pytest

from payments.kinds import InboxStatus, PurchaseStatus
from payments.models import Dispute, InboxEvent, Refund
from security.kinds import AlertKind
from security.models import Alert
from tests.support.money_back import BONUS, PRICE, TOKENS, Story
from tests.support.shop import Shop
from tokens.models import Entry

ALL = TOKENS + BONUS
SEEDS = [None, 1, 2]


@pytest.fixture(params=SEEDS, ids=["as-it-happens", "twice-shuffled-1", "twice-shuffled-2"])
def story(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Story]:
    """One customer's story. At its end Firestore shows what the ledger says, and every event is handled."""
    story = Story(shop, request.param)
    story.publish()
    yield story
    story.assert_mirrored()
    assert set(InboxEvent.objects.values_list("status", flat=True)) <= {
        InboxStatus.PROCESSED,
        InboxStatus.IGNORED,
    }


def stand(story: Story) -> tuple[int, int, str, str]:
    """The balance, the debt, whether the wallet is in use, and how the purchase's payment stands."""
    wallet = story.wallet
    return wallet.balance, wallet.debt, wallet.status.value, story.purchase.reversal


def alerts() -> dict[str, int]:
    """The alerts there are, and how often each has counted."""
    return dict(Alert.objects.values_list("kind", "count"))


def amounts(story: Story) -> list[int]:
    """What went into the wallet and out of it, in order."""
    entries = Entry.objects.filter(postings__account_id=story.wallet.account_id)
    return list(entries.order_by("postings__seq").values_list("postings__amount", flat=True))


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


def test_a_dispute_freezes_the_wallet_and_takes_its_tokens(story: Story):
    with story.told():
        story.buy("4000000000000259")

    assert stand(story) == (0, 0, "frozen", "disputed")
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.reason, dispute.is_withheld) == ("needs_response", "fraudulent", True)
    assert alerts() == {AlertKind.DISPUTE_OPENED: 1}


def test_a_dispute_whose_money_is_not_taken_yet_freezes_alone(story: Story):
    with story.told():
        story.shop.stripe.dispute(story.buy(), withdrawn=False)

    assert stand(story) == (ALL, 0, "frozen", "disputed")


def test_a_won_dispute_gives_back_exactly_what_was_taken(story: Story):
    with story.told():
        intent = story.buy()
        dispute = story.shop.stripe.dispute(intent)
        story.shop.stripe.move_dispute(dispute["id"], "review")
        story.shop.stripe.move_dispute(dispute["id"], "win")

    assert stand(story) == (ALL, 0, "active", "none")
    if story.seed is None:
        assert amounts(story) == [ALL, -ALL, ALL]
        assert list(Entry.objects.order_by("created_at").values_list("type", flat=True)) == [
            "purchase",
            "dispute",
            "dispute_won",
        ]
    assert Dispute.objects.get().status == "won"


def test_a_lost_dispute_keeps_what_it_took_and_stays_frozen(story: Story):
    with story.told():
        intent = story.buy()
        dispute = story.shop.stripe.dispute(intent)
        story.shop.stripe.move_dispute(dispute["id"], "lose")

    assert stand(story) == (0, 0, "frozen", "lost")
    assert AlertKind.DISPUTE_LOST in alerts()
    assert Dispute.objects.get().closed_at is not None


def test_a_dispute_after_a_partial_refund_takes_the_rest(story: Story):
    with story.told():
        intent = story.buy()
        story.shop.stripe.refund(intent, 500)
        dispute = story.shop.stripe.dispute(intent, PRICE - 500)
        story.shop.stripe.move_dispute(dispute["id"], "lose")

    assert stand(story) == (0, 0, "frozen", "lost")


def test_a_refund_after_a_lost_dispute_takes_nothing_twice(story: Story):
    with story.told():
        intent = story.buy()
        dispute = story.shop.stripe.dispute(intent)
        story.shop.stripe.move_dispute(dispute["id"], "lose")
        story.shop.stripe.refund(intent, unchecked=True)

    assert stand(story) == (0, 0, "frozen", "lost")
    assert sum(amounts(story)) == 0


def test_a_refund_after_a_won_dispute_takes_all(story: Story):
    with story.told():
        intent = story.buy()
        dispute = story.shop.stripe.dispute(intent)
        story.shop.stripe.move_dispute(dispute["id"], "win")
        story.shop.stripe.refund(intent)

    assert stand(story) == (0, 0, "active", "full")


def test_a_dispute_of_one_payment_leaves_the_other_payments_tokens(story: Story):
    with story.told():
        intent = story.buy()
        story.buy()
        story.shop.stripe.dispute(intent)

    assert stand(story) == (ALL, 0, "frozen", "disputed")
    other = story.purchases[1]
    other.refresh_from_db()
    assert (other.status, other.reversal) == (PurchaseStatus.SETTLED, "none")


def test_more_refunded_than_was_paid_takes_no_more_than_was_bought_and_alerts(story: Story):
    with story.told():
        intent = story.buy()
        story.buy()
        story.shop.stripe.refund(intent)
        story.shop.stripe.refund(intent, 500, unchecked=True)

    assert stand(story) == (ALL, 0, "active", "full")
    assert alerts() == {AlertKind.REFUND_EXCEEDS_PAYMENT: 1}


def test_an_early_fraud_warning_only_warns(story: Story):
    with story.told():
        story.buy("4000000000005423")

    assert stand(story) == (ALL, 0, "active", "none")
    assert alerts() == {AlertKind.EARLY_FRAUD_WARNING: 1}
    assert Alert.objects.get().user_id == story.purchase.buyer_id


def test_an_inquiry_only_warns_and_may_go_away(story: Story):
    with story.told():
        intent = story.buy("4000000000001976")
        (inquiry,) = [
            event["data"]["object"] for event in story.shop.stripe.events(event_type="charge.dispute.created")
        ]
        assert inquiry["payment_intent"] == intent
        story.shop.stripe.move_dispute(inquiry["id"], "review")
        story.shop.stripe.move_dispute(inquiry["id"], "drop")

    assert stand(story) == (ALL, 0, "active", "none")
    assert Dispute.objects.get().status == "warning_closed"
    if story.seed is None:
        assert alerts() == {AlertKind.DISPUTE_INQUIRY: 1}


def test_an_inquiry_that_becomes_a_dispute_is_one(story: Story):
    with story.told():
        inquiry = story.shop.stripe.dispute(story.buy(), inquiry=True)
        story.shop.stripe.move_dispute(inquiry["id"], "escalate")

    assert stand(story) == (0, 0, "frozen", "disputed")
    assert Dispute.objects.count() == 1


def test_money_taken_again_after_a_dispute_was_won_takes_its_tokens_again(story: Story):
    with story.told():
        intent = story.buy()
        dispute = story.shop.stripe.dispute(intent)
        story.shop.stripe.move_dispute(dispute["id"], "win")
        story.shop.stripe.move_dispute(dispute["id"], "withdraw")

    assert stand(story) == (0, 0, "active", "lost")


def test_a_currency_without_decimals_is_counted_in_its_own_unit(story: Story):
    story.publish(currency="jpy", price=1000)
    with story.told():
        intent = story.buy()
        story.shop.stripe.refund(intent, 333)

    assert stand(story) == (ALL - ALL * 333 // 1000, 0, "active", "partial")
    assert Refund.objects.get().currency == "jpy"
