"""What has just happened is on its way to us, whenever its payment began: no difference, until it is lost."""

from typing import Any

from django.db import connection

from tests.support.reconciling import ON_ITS_WAY, checked, found
from tests.support.shop import Shop

# Reconciliation looks that much later: what happens at Stripe after this is young to it.
JUST_BEFORE = ON_ITS_WAY.total_seconds()


def test_a_dispute_that_was_won_just_now_is_not_held_against_how_it_stood_before(shop: Shop):
    disputed = shop.stripe.dispute(str(shop.buy("alice").stripe_payment_intent_id))
    lost = shop.stripe.dispute(str(shop.buy("bob").stripe_payment_intent_id))
    shop.stripe.advance_clock(JUST_BEFORE)
    shop.stripe.move_dispute(disputed["id"], "win")
    shop.stripe.wait_until_idle(ignore_retries=True)
    assert (shop.wallet("alice").balance, shop.wallet("bob").balance) == (250, 0)

    assert found(checked("balance")) == {}

    shop.stripe.drop_next(count=100)
    shop.stripe.move_dispute(lost["id"], "win")
    assert found(checked("balance")) == {}  # its money has come back, and we may hear of it yet


def test_what_was_paid_by_a_clock_that_is_ahead_has_brought_money_in(shop: Shop):
    shop.stripe.advance_clock(JUST_BEFORE)
    shop.buy("alice")

    assert found(checked("balance")) == {}


def test_a_refund_that_is_told_between_two_looks_at_a_purchase_is_no_difference(shop: Shop):
    bought = shop.buy("alice")
    told: list[str] = []

    def tell(execute: Any, sql: str, *rest: Any) -> Any:
        """Have a refund come in once what is reversed was read, and before what is asked for."""
        answer = execute(sql, *rest)
        if "'dispute_won'" in sql and not told:
            told.append(shop.stripe.refund(str(bought.stripe_payment_intent_id))["id"])
            shop.stripe.wait_until_idle(ignore_retries=True)
        return answer

    with connection.execute_wrapper(tell):
        results = checked("reversals", repairs=True)

    assert told
    assert shop.wallet("alice").balance == 0
    assert found(results) == {}
    assert found(checked("reversals")) == {}
