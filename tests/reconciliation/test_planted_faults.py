"""Each check finds a fault of its kind, names it, mends it if that is safe, and finds nothing the second time."""

from datetime import timedelta
from typing import Any

import pytest

from payments.models import Discrepancy, Dispute, InboxEvent, Purchase, Refund
from payments.services.reconciliation.checks import stuck
from payments.services.reconciliation.runner import reconcile
from payments.services.sale_checks import check_sales
from tests.reconciliation.found import assert_gone, assert_kept_for_a_person, assert_mended, keys
from tests.support.reconciling import SINCE, checked, found, later, open_rows, unrepaired
from tests.support.shop import Shop


def test_an_honest_history_has_no_differences(shop: Shop):
    shop.buy("alice", "basic")
    shop.stripe.refund(str(shop.buy("bob", "pro").stripe_payment_intent_id), 999)
    disputed = shop.stripe.dispute(str(shop.buy("carol", "starter").stripe_payment_intent_id))
    shop.stripe.move_dispute(disputed["id"], "win")
    shop.stripe.dispute(str(shop.buy("dave").stripe_payment_intent_id))
    failed = shop.stripe.refund(str(shop.buy("erin").stripe_payment_intent_id), 100)
    shop.stripe.end_refund(failed["id"], "failed")
    shop.debit(shop.start("frank"))
    shop.start("grace")
    shop.stripe.wait_until_idle(ignore_retries=True)
    check_sales(now=later())
    shop.drain()
    shop.stripe.forget_requests()

    results = checked()

    assert found(results) == {}
    assert all(result.looked_at for name, result in results.items() if name != "stuck")
    # Events, sessions, refunds, disputes, balance and prices: a call each of a hundred.
    assert shop.stripe.requests().total <= 7
    assert not Discrepancy.objects.exists()


def test_an_event_that_never_arrived_and_one_that_was_given_up_on(counter: Shop):
    paid, failed = counter.start("alice"), counter.start("bob")
    counter.stripe.pay(str(paid.stripe_session_id))
    counter.stripe.pay(str(failed.stripe_session_id))
    wallet = failed.wallet_account_id
    Purchase.objects.filter(id=failed.id).update(wallet_account_id="00000000-0000-4000-8000-000000000000")
    checked("events", repairs=True)  # bob's cannot be handled
    InboxEvent.objects.filter(status="failed").update(status="parked", due_at=None)
    assert open_rows("events") != set()
    InboxEvent.objects.filter(purchase_id=paid.id).delete()
    Discrepancy.objects.all().delete()
    Purchase.objects.filter(id=failed.id).update(wallet_account_id=wallet)

    assert_mended("events", {"event_never_received", "event_parked"})
    assert counter.wallet("alice").balance == counter.wallet("bob").balance == 250


def test_whoever_has_paid_and_has_no_tokens(counter: Shop):
    paid = counter.start("alice", "basic")
    counter.stripe.pay(str(paid.stripe_session_id))

    assert_mended("paid_not_credited", {"payment_not_credited"})
    assert counter.wallet("alice").balance == 250


def test_what_was_paid_for_no_purchase_of_ours_or_is_quarantined(counter: Shop):
    lost, bent = counter.start("alice"), counter.start("bob")
    for purchase in (lost, bent):
        counter.stripe.pay(str(purchase.stripe_session_id))
    counter.stripe.edit(str(bent.stripe_session_id), amount_total=1)
    checked("paid_not_credited", repairs=True)
    counter.stripe.edit(
        str(lost.stripe_session_id), client_reference_id="01a20573-c2c8-711d-ac36-000000000000"
    )

    result = checked("paid_not_credited", repairs=True)["paid_not_credited"]

    assert keys(result) == {
        ("purchase_unknown", str(lost.stripe_session_id)),
        ("payment_quarantined", str(bent.id)),
    }
    assert (result.tokens_at_risk, result.cents_at_risk) == (250, {"usd": 1499 + 1})


def test_whoever_has_tokens_and_has_not_paid(shop: Shop):
    unpaid, gone = shop.buy("alice"), shop.buy("bob")
    session = str(unpaid.stripe_session_id)
    shop.stripe.edit(session, payment_status="unpaid")
    Purchase.objects.filter(id=gone.id).update(stripe_session_id="cs_test_gone")

    assert_kept_for_a_person("credited_not_paid", {"credit_not_paid", "session_unknown"})

    shop.stripe.edit(session, payment_status="paid")
    Purchase.objects.filter(id=gone.id).update(stripe_session_id=gone.stripe_session_id)
    assert_gone("credited_not_paid")


def test_what_was_paid_otherwise_than_it_was_sold(shop: Shop):
    sold = {name: shop.buy(name) for name in ("alice", "bob", "carol")}
    edits: dict[str, dict[str, Any]] = {
        "alice": {"amount_total": 1},
        "bob": {"currency": "eur"},
        "carol": {"customer": "cus_somebody_else"},
    }
    honest = {name: shop.stripe.object(str(sold[name].stripe_session_id)) for name in edits}
    for name, fields in edits.items():
        shop.stripe.edit(str(sold[name].stripe_session_id), **fields)

    assert_kept_for_a_person("terms", {"amount_differs", "currency_differs", "customer_differs"})

    for name, fields in edits.items():
        before = {field: honest[name][field] for field in fields}
        shop.stripe.edit(str(sold[name].stripe_session_id), **before)
    assert_gone("terms")


def test_purchases_that_are_past_their_end(counter: Shop):
    _, unopened = counter.start("alice"), counter.start("bob")
    Purchase.objects.filter(id=unopened.id).update(stripe_session_id=None, status="started")
    counter.stripe.advance_clock(3 * 3600)
    Purchase.objects.update(expires_at=later() - timedelta(hours=1))

    assert_mended("stuck", {"status_behind", "never_opened"})
    assert set(Purchase.objects.values_list("status", flat=True)) == {"expired"}


def test_purchases_that_only_stripe_or_a_person_can_end(counter: Shop):
    lost, dawdles, late = counter.start("alice"), counter.start("bob"), counter.start("carol")
    counter.stripe.debit(str(late.stripe_session_id), "000000000009")
    Purchase.objects.filter(id__in=[lost.id, dawdles.id]).update(expires_at=later() - timedelta(hours=1))
    Purchase.objects.filter(id=lost.id).update(stripe_session_id="cs_test_lost")
    Purchase.objects.filter(id=late.id).update(status="processing", processing_at=later() - timedelta(days=8))

    assert_kept_for_a_person("stuck", {"session_unknown", "still_undecided"})


def start_long_ago(counter: Shop, name: str) -> Purchase:
    """A purchase of nine days ago, paid by a bank debit that its bank has not decided."""
    purchase, started_at = counter.start(name), later() - timedelta(days=9)
    counter.stripe.debit(str(purchase.stripe_session_id), "000000000009")
    Purchase.objects.filter(id=purchase.id).update(
        status="processing", started_at=started_at, expires_at=started_at, processing_at=started_at
    )
    return purchase


def test_purchases_that_are_stuck_since_long_before_the_time_that_is_looked_at(counter: Shop):
    dawdles, lost, refused, paid = (
        start_long_ago(counter, name) for name in ("alice", "bob", "carol", "dave")
    )
    Purchase.objects.filter(id=lost.id).update(stripe_session_id=None, status="started")
    counter.stripe.fail(str(refused.stripe_session_id))
    counter.stripe.settle(str(paid.stripe_session_id))

    result = checked("stuck")["stuck"]

    assert keys(result) == {
        ("still_undecided", str(dawdles.id)),
        ("never_opened", str(lost.id)),
        ("status_behind", str(refused.id)),
        ("status_behind", str(paid.id)),
    }
    assert (result.tokens_at_risk, result.cents_at_risk) == (250, {"usd": 1499})
    checked("stuck", repairs=True)
    assert counter.wallet("dave").balance == 250
    Purchase.objects.filter(id__in=[dawdles.id, lost.id]).update(status="failed")
    assert_gone("stuck")


def test_of_many_stuck_purchases_so_many_are_asked_about_and_the_run_says_so(
    counter: Shop, monkeypatch: pytest.MonkeyPatch
):
    for name in ("alice", "bob"):
        start_long_ago(counter, name)
    monkeypatch.setattr(stuck, "STUCK_ASKED_MAX", 1)
    now = later()

    (result,) = reconcile(names=["stuck"], since=now - SINCE, now=now)

    assert result.error.startswith("Too many stuck purchases")
    assert (result.looked_at, len(result.found)) == (1, 1)


def test_refunds_and_disputes_that_we_do_not_have_as_stripe_has_them(shop: Shop):
    bought = {name: shop.buy(name) for name in ("alice", "bob", "carol", "dave")}
    intents = {name: str(purchase.stripe_payment_intent_id) for name, purchase in bought.items()}
    pending = shop.stripe.refund(intents["bob"], 100, status="pending")
    disputed = shop.stripe.dispute(intents["dave"])
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.drop_next(count=100)
    shop.stripe.refund(intents["alice"])
    shop.stripe.end_refund(pending["id"], "succeeded")
    shop.stripe.dispute(intents["carol"])
    shop.stripe.move_dispute(disputed["id"], "win")

    assert_mended("reversals", {"refund_unknown", "refund_behind", "dispute_unknown", "dispute_behind"})
    assert [shop.wallet(name).balance for name in ("alice", "carol", "dave")] == [0, 0, 250]


def test_more_or_fewer_tokens_reversed_than_refunds_ask_for(shop: Shop):
    given_back = shop.buy("alice")
    shop.stripe.refund(str(given_back.stripe_payment_intent_id), 600)
    shop.stripe.wait_until_idle(ignore_retries=True)
    Refund.objects.update(amount_cents=1499)
    Purchase.objects.update(charge_refunded_cents=0)

    results = checked("reversals", repairs=True)

    assert found(results) == {"reversals": {"reversal_differs", "refund_amount_differs"}}
    assert unrepaired(results) == {"reversals": {"refund_amount_differs"}}
    assert shop.wallet("alice").balance == 0
    Refund.objects.update(amount_cents=600)
    checked("reversals", repairs=True)
    assert_gone("reversals")
    assert shop.wallet("alice").balance == 250 - 250 * 600 // 1499


def test_refunds_and_disputes_that_stripe_does_not_have_or_sees_otherwise(shop: Shop):
    refunded, ended, disputed = shop.buy("alice"), shop.buy("bob"), shop.buy("carol")
    shop.stripe.refund(str(refunded.stripe_payment_intent_id), 100)
    shop.stripe.refund(str(ended.stripe_payment_intent_id), 1)  # less than a token is worth
    shop.stripe.dispute(str(disputed.stripe_payment_intent_id))
    shop.stripe.wait_until_idle(ignore_retries=True)
    refunds = {each.purchase_id: each for each in Refund.objects.all()}
    told = Dispute.objects.get().stripe_dispute_id
    Refund.objects.filter(id=refunds[refunded.id].id).update(stripe_refund_id="re_gone")
    Refund.objects.filter(id=refunds[ended.id].id).update(
        status="failed", ended_at=later() - timedelta(minutes=11)
    )
    Dispute.objects.update(stripe_dispute_id="dp_gone")

    result = checked("reversals")["reversals"]

    kinds = {kind for kind, _ in keys(result)}
    assert {"refund_not_at_stripe", "dispute_not_at_stripe", "refund_status_differs"} <= kinds
    assert kinds & {"refund_unknown", "dispute_unknown"}  # as which Stripe's own are found
    Refund.objects.filter(id=refunds[refunded.id].id).update(
        stripe_refund_id=refunds[refunded.id].stripe_refund_id
    )
    Refund.objects.filter(id=refunds[ended.id].id).update(status="succeeded", ended_at=None)
    Dispute.objects.update(stripe_dispute_id=told)
    assert_gone("reversals")


def test_fees_that_are_recorded_otherwise_than_stripe_has_them(shop: Shop):
    shop.buy("alice")
    check_sales(now=later())
    purchase = Purchase.objects.get()
    assert purchase.fee_cents == 1499 * 29 // 1000 + 30
    Purchase.objects.update(fee_cents=1)

    assert_mended("balance", {"fee_differs"})
    purchase.refresh_from_db()
    assert purchase.fee_cents == 1499 * 29 // 1000 + 30


def test_money_that_has_moved_and_is_not_recorded(shop: Shop):
    bought = {name: shop.buy(name) for name in ("alice", "bob", "carol", "dave")}
    intents = {name: str(purchase.stripe_payment_intent_id) for name, purchase in bought.items()}
    lost = shop.stripe.refund(intents["bob"], 100)
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.drop_next(count=100)
    shop.stripe.refund(intents["alice"], 100)
    shop.stripe.end_refund(lost["id"], "failed")
    shop.stripe.dispute(intents["carol"])
    won = shop.stripe.dispute(intents["dave"])
    shop.stripe.move_dispute(won["id"], "win")

    assert_mended("balance", {"refund_not_recorded", "refund_failure_not_recorded", "dispute_not_recorded"})
    assert shop.wallet("alice").balance == 250 - 250 * 100 // 1499
    assert (shop.wallet("carol").balance, shop.wallet("bob").balance) == (0, 250)


def test_revenue_that_is_missing_or_of_another_amount(shop: Shop):
    bent, gone, given_back = shop.buy("alice"), shop.buy("bob"), shop.buy("carol")
    shop.stripe.refund(str(given_back.stripe_payment_intent_id), 600)
    shop.stripe.wait_until_idle(ignore_retries=True)
    Purchase.objects.filter(id=bent.id).update(paid_cents=1)
    Purchase.objects.filter(id=gone.id).update(stripe_payment_intent_id="pi_gone")
    Refund.objects.update(amount_cents=599)

    assert_kept_for_a_person("balance", {"revenue_differs", "revenue_missing", "refund_differs"})

    Purchase.objects.filter(id=bent.id).update(paid_cents=1499)
    Purchase.objects.filter(id=gone.id).update(stripe_payment_intent_id=gone.stripe_payment_intent_id)
    Refund.objects.update(amount_cents=600)
    assert_gone("balance")
