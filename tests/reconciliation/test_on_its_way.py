"""What has just happened is on its way to us, whenever its payment began: no difference, until it is lost."""

from datetime import timedelta
from typing import Any

from django.db import connection

from payments.models import Dispute, Purchase, Refund
from payments.services.reconciliation.runner import reconcile
from sandbox.stripe.cards import DECLINED_NUMBER
from tests.support.reconciling import ON_ITS_WAY, SINCE, checked, found, later, open_rows
from tests.support.shop import Shop

# Reconciliation looks that much later: what happens at Stripe after this is young to it.
JUST_BEFORE = ON_ITS_WAY.total_seconds()
WAITS_FOR_ITS_BANK = "000000000009"


def found_when_it_is_lost(check_name: str) -> set[str]:
    """The kinds that a check finds some minutes later."""
    now = later() + timedelta(minutes=5)
    results = reconcile(names=[check_name], since=now - SINCE, now=now)
    return found({check_name: results[0]}).get(check_name, set())


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


def test_what_was_paid_just_now_though_it_was_tried_before_is_not_missing(counter: Shop):
    declined, debited = counter.start("alice"), counter.start("bob")
    counter.stripe.pay(str(declined.stripe_session_id), DECLINED_NUMBER)
    counter.stripe.debit(str(debited.stripe_session_id), WAITS_FOR_ITS_BANK)
    counter.stripe.advance_clock(JUST_BEFORE)
    counter.stripe.pay(str(declined.stripe_session_id))
    counter.stripe.settle(str(debited.stripe_session_id))

    assert found(checked("paid_not_credited")) == {}
    assert found_when_it_is_lost("paid_not_credited") == {"payment_not_credited"}


def test_a_bank_that_has_just_refused_leaves_no_purchase_behind(counter: Shop):
    debited = counter.start("alice")
    counter.stripe.debit(str(debited.stripe_session_id), WAITS_FOR_ITS_BANK)
    Purchase.objects.update(status="processing", processing_at=debited.started_at)
    counter.stripe.advance_clock(JUST_BEFORE)
    counter.stripe.fail(str(debited.stripe_session_id))

    assert found(checked("stuck")) == {}
    assert found_when_it_is_lost("stuck") == {"status_behind"}


def test_refunds_and_disputes_that_have_just_moved_are_not_behind(shop: Shop):
    bought = {name: shop.buy(name) for name in ("alice", "bob", "carol", "dave")}
    intents = {name: str(purchase.stripe_payment_intent_id) for name, purchase in bought.items()}
    pending = shop.stripe.refund(intents["alice"], 100, status="pending")
    disputed = shop.stripe.dispute(intents["bob"])
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.drop_next(count=100)
    shop.stripe.advance_clock(JUST_BEFORE)
    shop.stripe.end_refund(pending["id"], "succeeded")
    shop.stripe.move_dispute(disputed["id"], "win")
    shop.stripe.refund(intents["carol"])
    shop.stripe.dispute(intents["dave"])
    shop.stripe.forget_requests()

    assert found(checked("reversals")) == {}
    assert shop.stripe.requests().total == 3  # refunds, disputes, and what was told lately
    assert found_when_it_is_lost("reversals") == {
        *("refund_unknown", "refund_behind", "dispute_unknown", "dispute_behind")
    }


def test_what_came_here_while_stripe_was_asked_is_not_missing_there(shop: Shop):
    bought = shop.buy("alice")
    just_now, before = later() - timedelta(minutes=1), later() - timedelta(hours=1)
    money = {"amount_cents": 1, "currency": "usd"}
    Refund.objects.create(
        purchase=bought,
        stripe_refund_id="re_1",
        idempotency_key="1",
        status="failed",
        created_at=before,
        asked_stripe_at=just_now,
        **money,
    )
    Dispute.objects.create(
        purchase=bought,
        stripe_dispute_id="dp_1",
        status="warning_needs_response",
        opened_at=just_now,
        **money,
    )

    assert found(checked("reversals")) == {}
    assert found_when_it_is_lost("reversals") == {"refund_not_at_stripe", "dispute_not_at_stripe"}


def test_what_is_open_and_has_moved_again_just_now_has_not_ended(shop: Shop):
    intent = str(shop.buy("alice").stripe_payment_intent_id)
    refund = shop.stripe.refund(intent, 100, status="pending")
    shop.stripe.wait_until_idle(ignore_retries=True)
    Refund.objects.update(amount_cents=50)
    checked("reversals")
    row = ("refund_amount_differs", refund["id"])
    assert row in open_rows("reversals")
    shop.stripe.advance_clock(JUST_BEFORE)
    shop.stripe.drop_next(count=100)
    shop.stripe.end_refund(refund["id"], "succeeded")

    assert "refund_amount_differs" not in found(checked("reversals")).get("reversals", set())

    assert row in open_rows("reversals")
    Refund.objects.update(amount_cents=100)
