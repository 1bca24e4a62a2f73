"""Events that Stripe could not deliver are fetched instead, oldest first, and once."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from payments.kinds import InboxStatus, PurchaseStatus
from payments.limits import BACKFILL_HORIZON, BACKFILL_LEASE, BACKFILL_PATIENCE
from payments.models import BackfillCursor, InboxEvent, Purchase
from payments.services import inbox
from payments.services.backfill import backfill_events
from payments.tasks import backfill_events as backfill_task
from tests.support.database import as_owner
from tests.support.exceptions import grant
from tests.support.shop import Shop
from tokens.models import Entry

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
PURCHASES = 500
COMPLETED = "checkout.session.completed"
EVENTS = 2  # of a payment by card, that we ask for: its charge, and its session


def later(**period: float) -> datetime:
    """When events that happened now are no longer on their way."""
    return timezone.now() + BACKFILL_PATIENCE + timedelta(**(period or {"seconds": 1}))


def paid_and_lost(shop: Shop, name: str = "alice") -> Purchase:
    """A purchase that is paid at Stripe and whose events were lost."""
    purchase = shop.start(name, "basic")
    shop.stripe.drop_next(count=100)
    shop.stripe.pay(str(purchase.stripe_session_id))
    return purchase


def calls(shop: Shop) -> int:
    return shop.stripe.requests().total


@pytest.mark.long
@pytest.mark.timeout(300)
def test_five_hundred_payments_that_nobody_was_told_of_are_credited_by_one_backfill_in_order_and_once(
    shop: Shop,
):
    for name in PEOPLE:
        grant(shop.customer(name))
    shop.stripe.drop_next(count=100 * PURCHASES)
    started = [shop.start(PEOPLE[number % len(PEOPLE)], "starter") for number in range(PURCHASES)]
    paid = started[::-1]
    for purchase in paid:
        shop.stripe.pay(str(purchase.stripe_session_id))
    assert InboxEvent.objects.filter(type=COMPLETED).count() == 0
    shop.stripe.forget_requests()

    assert backfill_events(now=later()) == EVENTS * PURCHASES

    assert calls(shop) == EVENTS * PURCHASES / 100
    credited = list(Entry.objects.order_by("id").values_list("purchase_id", flat=True))
    assert credited == [purchase.id for purchase in paid]
    assert set(Purchase.objects.values_list("status", flat=True)) == {PurchaseStatus.SETTLED}
    assert {shop.wallet(name).balance for name in PEOPLE} == {50 * PURCHASES // len(PEOPLE)}
    assert backfill_events(now=later()) == 0
    assert Entry.objects.count() == PURCHASES


def test_what_was_delivered_is_not_fetched_and_an_idle_run_is_one_call(shop: Shop):
    shop.buy("alice", "basic")
    shop.stripe.forget_requests()

    assert backfill_events(now=later()) == 0

    assert calls(shop) == 1
    assert InboxEvent.objects.get(type=COMPLETED).deliveries == 1


def test_the_task_leaves_events_that_are_still_on_their_way_alone(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))

    assert backfill_task() == 0
    assert shop.wallet("alice").balance == 0
    assert backfill_events(now=later()) == EVENTS
    shop.stripe.release()

    assert shop.wallet("alice").balance == 250
    assert Entry.objects.count() == 1


def test_an_event_that_turns_up_late_in_the_list_is_fetched_all_the_same(shop: Shop):
    backfill_events(now=later(minutes=2))
    seen_until = BackfillCursor.objects.get().seen_until
    assert seen_until is not None

    purchase = paid_and_lost(shop)
    (event,) = shop.stripe.events(event_type=COMPLETED)
    assert datetime.fromtimestamp(event["created"], tz=UTC) < seen_until

    assert backfill_events(now=later(minutes=3)) == EVENTS
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED


def test_events_older_than_stripe_keeps_them_are_not_asked_for(shop: Shop):
    paid_and_lost(shop)

    assert backfill_events(now=timezone.now() + BACKFILL_HORIZON + timedelta(hours=1)) == 0


def emit_many(shop: Shop, count: int, gap: int) -> list[str]:
    """Events of ours that nobody was told, `gap` to each second."""
    shop.stripe.drop_next(count=count)
    ids = []
    for number in range(count):
        if number and number % gap == 0:
            shop.stripe.advance_clock(1)
        thing = {"id": f"cs_test_{number}", "object": "checkout.session"}
        ids.append(shop.stripe.emit(COMPLETED, thing)["id"])
    return ids


def test_a_backlog_larger_than_one_run_is_fetched_oldest_first_over_several(shop: Shop):
    ids = emit_many(shop, 430, gap=50)
    now = later(minutes=1)
    shop.stripe.forget_requests()

    fetched = [backfill_events(now=now, pages_max=2) for _ in range(12)]

    assert sum(fetched) == 430
    known = InboxEvent.objects.filter(type=COMPLETED).order_by("id")
    assert list(known.values_list("stripe_event_id", flat=True)) == ids
    assert fetched[0] == 0, "the newest were listed, and left for later"
    assert calls(shop) <= 24


def test_a_second_with_more_events_than_a_run_lists_does_not_stop_the_rest(shop: Shop):
    emit_many(shop, 250, gap=1000)
    shop.stripe.advance_clock(5)
    newer = emit_many(shop, 20, gap=5)

    now = later(minutes=1)
    for _ in range(15):
        backfill_events(now=now, pages_max=1)

    assert InboxEvent.objects.filter(stripe_event_id__in=newer).count() == 20
    assert BackfillCursor.objects.get().seen_until == now - BACKFILL_PATIENCE


def test_one_event_that_cannot_be_read_or_handled_keeps_no_other_from_its_turn(shop: Shop, caplog):
    bent = paid_and_lost(shop, "alice")
    (event,) = shop.stripe.events(event_type=COMPLETED)
    shop.stripe.edit(event["id"], livemode="perhaps")
    unknown = {
        **shop.stripe.object(str(bent.stripe_session_id)),
        "client_reference_id": "01a20573-c2c8-711d-ac36-000000000000",
    }
    shop.stripe.emit(COMPLETED, unknown)
    other_mode = shop.stripe.emit(COMPLETED, {"id": "cs_live_1"}, livemode=True)
    good = paid_and_lost(shop, "bob")

    with caplog.at_level(logging.ERROR, logger="payments.services.backfill"):
        assert backfill_events(now=later()) == 4, (
            "two charges, one session, and one of a purchase that is unknown"
        )

    good.refresh_from_db()
    assert good.status == PurchaseStatus.SETTLED
    rejected = [vars(record) for record in caplog.records if record.message == "webhook.rejected"]
    assert [facts["stripe_event_id"] for facts in rejected] == [event["id"]]
    assert not InboxEvent.objects.filter(stripe_event_id=other_mode["id"]).exists()
    waiting = InboxEvent.objects.get(error_code="purchase_unknown")
    assert waiting.status == InboxStatus.FAILED


@pytest.fixture
def alices_wallet_is_stuck(shop: Shop):
    """Whoever credits Alice gets trouble with the database, as from a statement that runs out of time."""
    account_id = shop.wallet("alice").account_id

    def execute(statement: str) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(statement)

    execute(
        "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.account_id = '{account_id}' THEN RAISE EXCEPTION 'stuck' USING ERRCODE = '57014'; END IF;"
        " RETURN NEW; END $$"
    )
    execute("CREATE TRIGGER stuck BEFORE UPDATE ON tokens_wallet FOR EACH ROW EXECUTE FUNCTION stuck()")

    def mended() -> None:
        execute("DROP FUNCTION IF EXISTS stuck() CASCADE")

    yield mended
    mended()


def test_trouble_with_the_database_over_one_event_is_left_to_the_inbox(shop: Shop, alices_wallet_is_stuck):
    first, second = paid_and_lost(shop, "alice"), paid_and_lost(shop, "bob")

    assert backfill_events(now=later()) == 2 * EVENTS

    row = InboxEvent.objects.get(purchase_id=first.id, type=COMPLETED)
    assert (row.status, row.error_code) == (InboxStatus.FAILED, "OperationalError")
    second.refresh_from_db()
    assert second.status == PurchaseStatus.SETTLED
    assert row.due_at is not None
    assert inbox.process_due_events(now=row.due_at) == 1, "it fails again, and the sweep goes on"
    row.refresh_from_db()
    assert row.attempts == 2
    alices_wallet_is_stuck()
    assert row.due_at is not None
    inbox.process_due_events(now=row.due_at)
    assert shop.wallet("alice").balance == 250


def test_with_the_inbox_away_the_run_ends_and_the_next_one_goes_on(shop: Shop):
    paid_and_lost(shop, "alice")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '53200'; END $$"
        )
        cursor.execute("CREATE TRIGGER away BEFORE INSERT ON payments_inboxevent EXECUTE FUNCTION away()")
    try:
        with pytest.raises(OperationalError):
            backfill_events(now=later())
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION away() CASCADE")
    assert BackfillCursor.objects.get().seen_until is None

    assert backfill_events(now=later()) == EVENTS
    assert shop.wallet("alice").balance == 250


@pytest.mark.parametrize("status", [400, 500])
def test_with_stripe_away_nothing_is_lost_and_the_next_run_goes_on(shop: Shop, status: int):
    paid_and_lost(shop)
    shop.stripe.fail_next(100, status=status, path="/v1/events")

    assert backfill_events(now=later()) == 0
    assert BackfillCursor.objects.get().seen_until is None
    shop.stripe.stop_failing()

    assert backfill_events(now=later()) == EVENTS
    assert shop.wallet("alice").balance == 250


def test_two_runs_at_once_are_one_and_a_dead_one_is_taken_over(shop: Shop):
    paid_and_lost(shop)
    now = later()
    BackfillCursor.objects.create(id=1, leased_until=now + BACKFILL_LEASE)
    shop.stripe.forget_requests()

    assert (backfill_events(now=now), calls(shop)) == (0, 0)
    assert backfill_events(now=now + BACKFILL_LEASE) == EVENTS
    assert str(BackfillCursor.objects.get()).startswith("until 2")


def test_a_delayed_payment_is_fetched_like_any_other(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.drop_next(count=100)
    shop.stripe.debit(str(purchase.stripe_session_id))
    shop.stripe.advance_clock(3 * 24 * 3600 + 60)

    assert backfill_events(now=later(days=4)) == EVENTS + 1

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250
