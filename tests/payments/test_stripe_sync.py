"""dj-stripe's copy of Stripe's objects: made in a worker, tried again, never in the way of a credit."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import stripe
from django.db import connection
from django.utils import timezone
from djstripe.models import Charge, Customer, Dispute, Event, PaymentIntent, Refund, Session

from payments.limits import SYNC_BACKOFF_MIN, SYNC_LEASE, SYNC_TRIES_MAX
from payments.models import InboxEvent
from payments.services import stripe_sync
from payments.services.stripe_sync import sync_due_events
from tests.support.shop import Shop
from tests.support.threads import in_thread


def pending() -> int:
    return InboxEvent.objects.filter(sync_due_at__isnull=False).count()


def test_the_objects_of_a_purchase_are_copied_once(shop: Shop):
    purchase = shop.buy("alice", "basic")
    events = InboxEvent.objects.count()

    assert sync_due_events(now=timezone.now()) == events

    assert pending() == 0
    assert InboxEvent.objects.filter(synced_at__isnull=True).count() == 0
    assert Event.objects.count() == events
    assert Session.objects.filter(id=purchase.stripe_session_id).exists()
    assert Customer.objects.filter(id=purchase.stripe_customer_id).exists()
    assert PaymentIntent.objects.filter(id=purchase.stripe_payment_intent_id).exists()
    assert Charge.objects.count() == 1
    assert sync_due_events(now=timezone.now()) == 0


def test_refunds_and_disputes_are_copied_as_they_stand(shop: Shop):
    purchase, disputed = shop.buy(), shop.buy(package="starter")
    made = shop.stripe.refund(purchase.stripe_payment_intent_id, 500, status="pending")
    shop.stripe.dispute(disputed.stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)
    sync_due_events(now=timezone.now())
    assert Refund.objects.get().status == "pending"

    shop.stripe.end_refund(made["id"], "failed")
    shop.stripe.wait_until_idle(ignore_retries=True)
    sync_due_events(now=timezone.now())

    assert pending() == 0
    assert InboxEvent.objects.filter(synced_at__isnull=True).count() == 0
    refund = Refund.objects.get()
    assert (refund.id, refund.status, refund.charge.amount_refunded) == (made["id"], "failed", 0)
    assert Dispute.objects.count() == 1


def test_while_stripe_is_away_events_wait_and_are_copied_afterwards(shop: Shop):
    shop.buy("alice", "basic")
    shop.stripe.fail_next(1000, status=503)
    now = timezone.now()

    sync_due_events(now=now)

    late = pending()
    assert late
    assert set(InboxEvent.objects.filter(sync_attempts=1).values_list("sync_error", flat=True)) == {
        "payments_unavailable"
    }
    assert sync_due_events(now=now) == 0
    shop.stripe.stop_failing()
    assert sync_due_events(now=now + timedelta(minutes=5)) == late
    assert pending() == 0


def test_an_event_that_cannot_be_copied_is_given_up_and_keeps_its_reason(shop: Shop):
    purchase = shop.buy("alice", "basic")
    shop.stripe.fail_next(1000, status=404)
    now = timezone.now()

    for _ in range(SYNC_TRIES_MAX):
        now += timedelta(hours=2)
        sync_due_events(now=now)

    assert pending() == 0
    given_up = InboxEvent.objects.filter(synced_at__isnull=True)
    assert given_up
    assert all(row.sync_error and row.sync_attempts == SYNC_TRIES_MAX for row in given_up)
    purchase.refresh_from_db()
    assert purchase.status == "settled"


def test_an_event_whose_worker_died_is_taken_up_after_its_lease(shop: Shop):
    shop.buy("alice", "basic")
    now = timezone.now()
    InboxEvent.objects.update(sync_due_at=now + SYNC_LEASE)

    assert sync_due_events(now=now) == 0
    assert sync_due_events(now=now + SYNC_LEASE) > 0
    assert pending() == 0


def test_a_second_run_at_the_same_time_leaves_the_worker_to_others(shop: Shop):
    shop.buy("alice", "basic")
    late = pending()

    with stripe_sync._alone() as is_alone:
        assert is_alone
        assert in_thread(lambda: sync_due_events(now=timezone.now())) == 0
    assert pending() == late

    assert in_thread(lambda: sync_due_events(now=timezone.now())) == late
    assert pending() == 0


def test_a_full_batch_is_followed_by_the_next(shop: Shop, monkeypatch):
    shop.buy("alice", "basic")
    monkeypatch.setattr(stripe_sync, "SYNC_BATCH_MAX", 1)
    asked: list[str] = []
    monkeypatch.setattr(stripe_sync, "wake", lambda task, within_seconds: asked.append(task))

    while pending():
        assert sync_due_events(now=timezone.now()) == 1
    assert sync_due_events(now=timezone.now()) == 0

    assert set(asked) == {"payments.sync_stripe_objects"}


def test_an_event_that_breaks_dj_stripe_is_tried_later_and_keeps_no_other_from_its_turn(shop: Shop, caplog):
    poison = shop.stripe.emit("payment_method.detached", {"object": "payment_method", "id": ""})
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.buy("alice", "basic")
    now = timezone.now()

    sync_due_events(now=now)

    row = InboxEvent.objects.get(stripe_event_id=poison["id"])
    assert InboxEvent.objects.filter(synced_at=None).get() == row
    assert (row.sync_error, row.sync_attempts) == ("RuntimeError", 1)
    assert row.sync_due_at == now + 2 * SYNC_BACKOFF_MIN
    (told,) = [record for record in caplog.records if record.message == "stripe_sync.failed"]
    assert told.exc_info
    assert "dj-stripe encountered an empty field" in str(told.exc_info[1])
    assert not Event.objects.filter(id=poison["id"]).exists()
    for _ in range(SYNC_TRIES_MAX):
        now += timedelta(hours=2)
        sync_due_events(now=now)
    assert pending() == 0


def test_a_run_ends_in_time_and_what_it_left_is_taken_up_after_its_lease(shop: Shop, monkeypatch):
    shop.buy("alice", "basic")
    late, now = pending(), timezone.now()
    monkeypatch.setattr(stripe_sync, "SYNC_SECONDS_MAX", 0)

    assert sync_due_events(now=now) == 1

    assert pending() == late - 1
    monkeypatch.undo()
    assert sync_due_events(now=now) == 0
    assert sync_due_events(now=now + SYNC_LEASE) == late - 1


def test_stripe_is_asked_about_a_refund_outside_of_our_transactions(shop: Shop, monkeypatch):
    purchase = shop.buy("alice", "basic")
    shop.drain()
    asked: list[tuple[str, bool]] = []
    request = stripe.RequestsClient.request

    def noting(client: stripe.RequestsClient, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        asked.append((urlsplit(url).path, connection.in_atomic_block))
        return request(client, method, url, *args, **kwargs)

    monkeypatch.setattr(stripe.RequestsClient, "request", noting)
    made = shop.stripe.refund(purchase.stripe_payment_intent_id, 500)
    shop.stripe.wait_until_idle(ignore_retries=True)
    sync_due_events(now=timezone.now())

    assert {is_inside for path, is_inside in asked if path.endswith(f"/refunds/{made['id']}")} == {False}
