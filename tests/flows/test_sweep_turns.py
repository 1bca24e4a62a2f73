"""Several purchases that are past their time take turns in being asked about."""

from datetime import timedelta
from functools import partial

from django.utils import timezone

from payments.kinds import PurchaseStatus
from payments.limits import SWEEP_ASK_INTERVAL
from payments.models import Purchase
from payments.services import sweeps
from tests.support.shop import Shop
from tests.support.threads import race


def overdue(shop: Shop, *names: str) -> list[Purchase]:
    """Purchases that are paid at Stripe, of which nobody was told, past their session's end."""
    started = [shop.start(name, "basic") for name in names]
    shop.stripe.hold()
    for number, purchase in enumerate(started):
        shop.stripe.pay(str(purchase.stripe_session_id))
        ended = timezone.now() - timedelta(hours=2, minutes=-number)
        Purchase.objects.filter(id=purchase.id).update(expires_at=ended)
    shop.stripe.drop_held()
    shop.stripe.forget_requests()
    return started


def test_a_purchase_that_stripe_cannot_answer_for_leaves_the_others_their_turn(shop: Shop):
    """Stripe has trouble with one session; the run ends there, and the next begins with the others."""
    first, second = overdue(shop, "alice", "bob")
    shop.stripe.fail_next(100, status=500, path=f"/v1/checkout/sessions/{first.stripe_session_id}")
    now = timezone.now()

    assert sweeps.sweep_purchases(now=now) == 1
    assert sweeps.sweep_purchases(now=now) == 1

    second.refresh_from_db()
    assert second.status == PurchaseStatus.SETTLED
    assert sweeps.sweep_purchases(now=now + SWEEP_ASK_INTERVAL) == 1
    shop.stripe.stop_failing()


def test_two_sweeps_at_once_ask_about_each_purchase_once(shop: Shop):
    overdue(shop, "alice", "bob", "carol")
    shop.stripe.fail_next(3, kind="delay", seconds=0.5, path="/v1/checkout/sessions/*")

    race([partial(sweeps.sweep_purchases, now=timezone.now())] * 2)

    assert shop.stripe.requests().total == 3
    assert [shop.wallet(name).balance for name in ("alice", "bob", "carol")] == [250, 250, 250]
