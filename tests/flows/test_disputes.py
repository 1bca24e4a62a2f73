"""Disputed payments: tokens go with the money and come back with it, and the wallet is frozen meanwhile.

Each scenario is told as refunds are, in any order and any number of times.
"""

import pytest

from payments.kinds import PurchaseStatus
from payments.models import Dispute
from security.kinds import AlertKind
from security.models import Alert
from tests.support.freezing import freeze, unfreeze
from tests.support.money_back import ALL, PRICE, Story, alerts, amounts, stand, story
from tokens.errors import AccountFrozen
from tokens.kinds import FreezeCause
from tokens.models import Entry

__all__ = ["story"]


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


def test_a_disputed_wallet_spends_nothing_until_the_dispute_is_won(story: Story):
    with story.told():
        intent = story.buy()
        story.buy()
    story.spend(300)
    with story.told():
        dispute = story.shop.stripe.dispute(intent)
    with pytest.raises(AccountFrozen):
        story.spend(1)
    assert stand(story) == (ALL - 300, 0, "frozen", "disputed")

    with story.told():
        story.shop.stripe.move_dispute(dispute["id"], "win")

    assert stand(story) == (2 * ALL - 300, 0, "active", "none")
    story.spend(1)
    story.settle()


def test_a_won_dispute_of_spent_tokens_leaves_no_debt(story: Story):
    with story.told():
        intent = story.buy()
    story.spend(300)
    with story.told():
        dispute = story.shop.stripe.dispute(intent)
        story.shop.stripe.move_dispute(dispute["id"], "win")

    assert stand(story) == (ALL - 300, 0, "active", "none")


def test_staff_lift_a_lost_disputes_freeze_and_no_late_event_brings_it_back(story: Story):
    with story.told():
        dispute = story.shop.stripe.dispute(story.buy())
        story.shop.stripe.move_dispute(dispute["id"], "lose")
    unfreeze(story.shop.customer("alice"), cause=FreezeCause.DISPUTE, reference=dispute["id"])

    for event in story.shop.stripe.events(about=dispute["id"]):
        story.shop.stripe.resend(event["id"])
    story.settle()

    assert stand(story) == (0, 0, "active", "lost")


def test_a_won_dispute_lifts_its_own_freeze_only(story: Story):
    with story.told():
        dispute = story.shop.stripe.dispute(story.buy())
    freeze(story.shop.customer("alice"))
    with story.told():
        story.shop.stripe.move_dispute(dispute["id"], "win")

    assert stand(story) == (ALL, 0, "frozen", "none")
