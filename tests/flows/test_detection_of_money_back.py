"""What customers have given back, or dispute, becomes an alert and in the end a freeze."""

from datetime import timedelta

from django.utils import timezone

from payments.models import Purchase
from security import limits
from security.models import Alert
from tests.support.freezing import unfreeze
from tests.support.shop import Shop
from tests.support.watching import watch
from tokens.kinds import FreezeCause


def long_ago(shop: Shop, name: str = "alice") -> Purchase:
    """A purchase that was paid some weeks ago, so that how fast its buyer pays is nobody's business."""
    purchase = shop.buy(name, "starter")
    Purchase.objects.filter(id=purchase.id).update(settled_at=timezone.now() - timedelta(days=20))
    return purchase


def test_many_refunded_payments_of_one_customer_are_told(shop: Shop) -> None:
    for _ in range(limits.REFUNDS_OF_CUSTOMER_MAX):
        shop.stripe.refund(long_ago(shop).stripe_payment_intent_id, 100)
        shop.stripe.refund(Purchase.objects.first().stripe_payment_intent_id, 100)  # type: ignore[union-attr]
    shop.stripe.wait_until_idle(ignore_retries=True)
    watch()
    assert not Alert.objects.exists()  # two parts of one payment are one

    shop.stripe.refund(long_ago(shop).stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)
    watch()

    alert = Alert.objects.get()
    assert (alert.kind, alert.count, alert.user_id) == ("many_refunds", 4, shop.customer("alice").id)
    assert not shop.wallet().frozen


def test_a_second_dispute_freezes_the_wallet_beyond_the_disputes(shop: Shop) -> None:
    first, second, third = [long_ago(shop).stripe_payment_intent_id for _ in range(3)]
    disputes = [shop.stripe.dispute(first), shop.stripe.dispute(second)]
    shop.stripe.dispute(third, inquiry=True)
    shop.stripe.wait_until_idle(ignore_retries=True)
    watch()
    watch()

    alert = Alert.objects.get(kind="many_disputes")
    assert (alert.count, alert.severity) == (2, "high")
    for dispute in disputes:
        shop.stripe.move_dispute(dispute["id"], "win")
    shop.stripe.wait_until_idle(ignore_retries=True)
    assert shop.wallet().frozen
    assert unfreeze(shop.customer("alice"), cause=FreezeCause.RULE, reference=str(alert.id))
    assert not shop.wallet().frozen
