"""The workers' entry points do what their services do, by the clock."""

import json
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from payments import tasks
from payments.errors import EventNotFound
from payments.kinds import Outcome, PurchaseStatus
from payments.models import InboxEvent
from payments.queries.inbox import events_of_purchase, parked_count
from payments.services import inbox
from payments.services.checkout import ask_stripe
from tests.support.database import as_owner
from tests.support.shop import Shop
from tests.support.webhook import post, signed


def test_the_tasks_find_nothing_to_do_where_there_is_nothing(counter: Shop):
    assert (tasks.process_inbox(), tasks.sync_stripe_objects(), tasks.sweep_purchases()) == (0, 0, 0)


def test_the_tasks_copy_what_was_told(shop: Shop):
    purchase = shop.buy("alice", "basic")

    assert tasks.sync_stripe_objects() == InboxEvent.objects.count()
    assert tasks.process_inbox() == 0
    told = events_of_purchase(purchase.id, purchase.stripe_payment_intent_id)
    assert "checkout.session.completed" in {event.type for event in told}
    assert [str(event) for event in told] == [f"{event.type} {event.stripe_event_id}" for event in told]
    assert parked_count() == 0


def test_asking_about_an_open_session_changes_nothing(counter: Shop):
    purchase = counter.start("alice", "basic")

    assert ask_stripe(session_id=str(purchase.stripe_session_id), now=timezone.now()) is Outcome.UNCHANGED

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.OPEN


def test_an_unknown_event_cannot_be_processed(counter: Shop):
    with pytest.raises(EventNotFound):
        inbox.process_event(event_id=uuid4(), now=timezone.now())


def test_trouble_with_the_database_ends_the_sweep_and_marks_no_event_as_failed(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    event = shop.stripe.events(event_type="checkout.session.completed")[0]
    shop.stripe.duplicate(event["id"])
    row = InboxEvent.objects.get(stripe_event_id=event["id"])
    InboxEvent.objects.filter(id=row.id).update(status="failed", due_at=timezone.now())
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '53200'; END $$"
        )
        cursor.execute("CREATE TRIGGER broken BEFORE UPDATE ON payments_inboxevent EXECUTE FUNCTION broken()")

    with pytest.raises(OperationalError):
        inbox.process_due_events(now=timezone.now())

    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION broken() CASCADE")
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("failed", 0)
    assert tasks.process_inbox() == 1


def test_an_event_that_dj_stripe_can_make_nothing_of_waits_and_harms_nobody(shop: Shop):
    event = {"object": "event", "id": "evt_odd", "type": "x.y", "livemode": False, "created": 1}
    body = json.dumps({**event, "api_version": "9" * 500, "data": {"object": {}}}).encode()
    assert post(body, signed(body)).status_code == 200

    shop.drain()

    row = InboxEvent.objects.get(stripe_event_id="evt_odd")
    assert (row.synced_at, row.sync_attempts) == (None, 1)
    assert row.sync_error
