"""One payment told many times, in any way, is one credit."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from django.conf import settings
from django.db import connection

from payments.errors import PaymentsUnavailable
from payments.kinds import PurchaseStatus
from payments.limits import INBOX_BACKOFF_MIN, INBOX_TRIES_MAX
from payments.models import InboxEvent, Purchase
from payments.services import inbox
from security.models import Alert
from tests.support.database import as_owner
from tests.support.shop import Shop
from tokens.models import Entry

PAID = "checkout.session.completed"


def paid_but_not_told(shop: Shop) -> tuple[Purchase, str]:
    """A purchase that is paid at Stripe, whose event is held back."""
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    return purchase, shop.stripe.events(event_type=PAID)[0]["id"]


def assert_credited_once(shop: Shop, purchase: Purchase) -> None:
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250
    assert Entry.objects.count() == 1


def test_twenty_deliveries_of_one_event_at_once_are_one_credit(shop: Shop):
    purchase, event = paid_but_not_told(shop)

    statuses = shop.stripe.duplicate(event, times=20, concurrently=True)

    assert statuses == [200] * 20
    assert_credited_once(shop, purchase)
    row = InboxEvent.objects.get(stripe_event_id=event)
    assert (row.deliveries, row.status) == (20, "processed")


def test_twenty_events_about_one_payment_at_once_are_one_credit(shop: Shop):
    purchase, event = paid_but_not_told(shop)
    ids = [event] + [shop.stripe.resend(event)["id"] for _ in range(19)]

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda event_id: shop.stripe.duplicate(event_id)[0], ids))

    assert statuses == [200] * 20
    assert_credited_once(shop, purchase)
    assert InboxEvent.objects.filter(type=PAID).count() == 20


def test_an_event_told_long_after_the_credit_changes_nothing(shop: Shop):
    purchase = shop.buy("alice", "basic")
    event = shop.stripe.events(event_type=PAID)[0]["id"]

    shop.stripe.duplicate(event)
    shop.stripe.resend(event)
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert_credited_once(shop, purchase)


def test_a_payment_told_before_the_session_id_was_stored_is_adopted(shop: Shop):
    """Stripe opened the session and its answer was lost: the buyer's retry, or an e-mail, leads to the page."""
    shop.stripe.fail_next(2, kind="reset_after", method="POST", path="/v1/checkout/sessions")
    with pytest.raises(PaymentsUnavailable):
        shop.start("alice", "basic", key="lost-answer")
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.stripe_session_id) == (PurchaseStatus.STARTED, None)
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    (session,) = client.v1.checkout.sessions.list().data

    shop.stripe.pay(session.id)
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert_credited_once(shop, purchase)
    assert purchase.stripe_session_id == session.id


def test_a_start_whose_answer_was_lost_is_resumed_with_the_same_session(shop: Shop):
    shop.stripe.fail_next(2, kind="reset_after", method="POST", path="/v1/checkout/sessions")
    with pytest.raises(PaymentsUnavailable):
        shop.start("alice", "basic", key="again")

    purchase = shop.start("alice", "basic", key="again")

    assert (purchase.status, Purchase.objects.count()) == (PurchaseStatus.OPEN, 1)
    assert len(shop.stripe.events(event_type="customer.created")) == 1
    shop.pay(purchase)
    assert_credited_once(shop, purchase)


@pytest.fixture
def broken_ledger(shop: Shop):
    """The database refuses to post, as it might after a bad migration; calling the fixture mends it."""

    def execute(statement: str) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(statement)

    def breaks(errcode: str) -> None:
        execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '{errcode}'; END $$"
        )
        execute("CREATE TRIGGER broken BEFORE UPDATE ON tokens_wallet EXECUTE FUNCTION broken()")

    def mended() -> None:
        execute("DROP FUNCTION IF EXISTS broken() CASCADE")

    yield breaks, mended
    mended()


def test_a_handler_that_failed_runs_again_when_the_event_is_told_again(shop: Shop, broken_ledger):
    breaks, mended = broken_ledger
    purchase, event = paid_but_not_told(shop)
    breaks("P0001")
    assert shop.stripe.duplicate(event) == [200]
    row = InboxEvent.objects.get(stripe_event_id=event)
    assert (row.status, row.attempts) == ("failed", 1)
    assert row.due_at is not None
    assert shop.wallet("alice").balance == 0

    mended()
    assert shop.stripe.duplicate(event) == [200]

    assert_credited_once(shop, purchase)
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("processed", "")
    assert row.due_at is None


def test_a_handler_that_failed_runs_again_from_the_sweep(shop: Shop, broken_ledger):
    breaks, mended = broken_ledger
    purchase, event = paid_but_not_told(shop)
    breaks("P0001")
    shop.stripe.duplicate(event)
    mended()
    row = InboxEvent.objects.get(stripe_event_id=event)
    assert row.due_at is not None

    assert inbox.process_due_events(now=row.due_at - INBOX_BACKOFF_MIN) == 0
    assert inbox.process_due_events(now=row.due_at) == 1

    assert_credited_once(shop, purchase)


def test_trouble_with_the_database_is_answered_5xx_so_that_stripe_tries_again(shop: Shop, broken_ledger):
    breaks, mended = broken_ledger
    purchase, event = paid_but_not_told(shop)
    breaks("53200")
    assert shop.stripe.duplicate(event) == [503]
    assert not InboxEvent.objects.filter(stripe_event_id=event).exists()

    mended()
    assert shop.stripe.duplicate(event) == [200]

    assert_credited_once(shop, purchase)


def test_a_deadlock_is_tried_again_a_few_times_and_then_left_to_stripe(shop: Shop, broken_ledger):
    breaks, _ = broken_ledger
    _, event = paid_but_not_told(shop)
    breaks("40P01")

    assert shop.stripe.duplicate(event) == [503]
    assert shop.wallet("alice").balance == 0


def test_an_event_that_fails_again_and_again_is_parked(shop: Shop, broken_ledger):
    breaks, mended = broken_ledger
    purchase, event = paid_but_not_told(shop)
    breaks("P0001")
    shop.stripe.duplicate(event)
    row = InboxEvent.objects.get(stripe_event_id=event)
    for _ in range(INBOX_TRIES_MAX - 1):
        assert row.due_at is not None
        inbox.process_due_events(now=row.due_at)
        row.refresh_from_db()
    assert (row.status, row.due_at, row.attempts) == ("parked", None, INBOX_TRIES_MAX)
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity) == ("inbox_parked", "high")
    assert alert.evidence["stripe_event_id"] == event

    mended()
    inbox.process_event(event_id=row.id, now=row.received_at)

    assert_credited_once(shop, purchase)
