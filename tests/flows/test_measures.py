"""What /metrics counts is what happened: from rows, whichever way they came about."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from mirror.models import Drift, MirroredDocument, OutboxRow
from payments.models import InboxEvent, Purchase
from payments.services import inbox
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert
from tests.support.scrape import scraped
from tests.support.shop import Shop


def measures(*, seconds_later: float = 0) -> dict[str, float]:
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds_later)):
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    assert answer.status_code == 200
    told = scraped(answer.content)
    assert told['metrics_failed{app="payments"}'] == 0
    return told


def counts(told: dict[str, float]) -> tuple[float, float, float]:
    """Paid, credited, and credits that failed."""
    return told["purchases_paid_total"], told["purchases_credited_total"], told["failed_credits"]


def test_a_purchase_is_counted_when_it_is_paid_and_credited_and_not_before(shop: Shop):
    purchase = shop.start("alice", "basic")
    assert counts(measures()) == (0, 0, 0)
    shop.pay(purchase)
    shop.buy("bob", "pro")
    told = measures()
    assert counts(told) == (2, 2, 0)
    assert 0 <= told['paid_to_credited_seconds{quantile="1"}'] < 30
    assert told["mirror_backlog"] > 0
    assert 'credited_to_mirrored_seconds{quantile="1"}' not in told
    shop.drain()
    told = measures()
    assert told["mirror_backlog"] == told["mirror_lag_seconds"] == 0
    assert 0 <= told['credited_to_mirrored_seconds{quantile="0.5"}'] < 30
    assert Purchase.objects.filter(status="settled").count() == 2


def test_latencies_are_told_by_quantile_of_the_last_hour(shop: Shop):
    purchase = shop.buy()
    assert purchase.settled_at
    InboxEvent.objects.filter(purchase_id=purchase.id).update(
        stripe_created_at=purchase.settled_at - timedelta(seconds=3)
    )
    MirroredDocument.objects.create(
        path=f"transactions/{purchase.entry_id}",
        kind="wallet",
        subject_id="x",
        delivered_at=purchase.settled_at + timedelta(seconds=0.5),
    )
    told = measures()
    for quantile in ("0.5", "0.95", "0.99", "1"):
        assert told[f'paid_to_credited_seconds{{quantile="{quantile}"}}'] == pytest.approx(3)
        assert told[f'credited_to_mirrored_seconds{{quantile="{quantile}"}}'] == pytest.approx(0.5)
    later = measures(seconds_later=3601)
    assert not [name for name in later if name.startswith(("paid_to_", "credited_to_"))]
    assert counts(later) == (1, 1, 0)


@pytest.fixture
def paid_event(shop: Shop) -> InboxEvent:
    """A stored event of a purchase that was paid, whose handler failed each time."""
    purchase = shop.start("alice", "basic")
    Purchase.objects.filter(id=purchase.id).update(wallet_account_id="00000000-0000-4000-8000-000000000000")
    shop.pay(purchase)
    return InboxEvent.objects.get(type="checkout.session.completed")


@pytest.mark.parametrize("status", ["received", "failed", "parked"])
def test_what_is_paid_and_not_credited_is_counted_and_after_two_minutes_a_failed_credit(
    shop: Shop, paid_event: InboxEvent, status: str
):
    InboxEvent.objects.filter(id=paid_event.id).update(status=status)
    assert counts(measures()) == (1, 0, 0)
    told = measures(seconds_later=125)
    assert counts(told) == (1, 0, 1)
    assert told["inbox_parked"] == (status == "parked")
    assert told["inbox_backlog"] == (status != "parked")
    assert (told["inbox_lag_seconds"] > 120) == (status != "parked")
    Purchase.objects.update(wallet_account_id=shop.wallet("alice").account_id)
    inbox.process_event(event_id=paid_event.id, now=timezone.now())
    assert counts(measures(seconds_later=125)) == (1, 1, 0)


def test_an_unhandled_event_that_says_unpaid_is_no_payment(shop: Shop, paid_event: InboxEvent):
    payload = paid_event.payload
    payload["data"]["object"]["payment_status"] = "unpaid"
    InboxEvent.objects.filter(id=paid_event.id).update(payload=payload)
    assert counts(measures(seconds_later=125)) == (0, 0, 0)
    Purchase.objects.update(wallet_account_id=shop.wallet("alice").account_id)


@pytest.mark.parametrize(("reason", "paid"), [("amount_differs", 1), ("nothing_was_paid", 0)])
def test_a_quarantined_payment_is_paid_and_not_credited_until_it_is_given_back(
    shop: Shop, reason: str, paid: int
):
    purchase = shop.start()
    Purchase.objects.filter(id=purchase.id).update(
        status="quarantined", quarantine_reason=reason, closed_at=timezone.now()
    )
    assert counts(measures()) == (paid, 0, 0)
    assert counts(measures(seconds_later=125)) == (paid, 0, paid)
    Purchase.objects.filter(id=purchase.id).update(status="open")
    Purchase.objects.filter(id=purchase.id).update(status="started", quarantine_reason="")
    assert counts(measures(seconds_later=125)) == (0, 0, 0)


@pytest.mark.django_db
def test_alerts_are_counted_by_kind_and_severity_each_once_however_often_seen():
    for key in ("1", "1", "2"):
        raise_alert(
            kind=AlertKind.WRONG_LIVEMODE,
            severity=Severity.HIGH,
            dedup_key=key,
            summary="x",
            subject={},
            now=timezone.now(),
        )
    told = measures()
    assert told['security_alerts_total{kind="wrong_livemode",severity="high"}'] == 2


@pytest.mark.django_db
def test_the_mirror_tells_its_backlog_lag_parked_rows_and_drift():
    now = timezone.now()
    for subject_id in ("alice", "bob", "carol"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT mirror_mark_stale('wallet', %s)", [subject_id])
    OutboxRow.objects.filter(subject_id="alice").update(parked_at=now)
    OutboxRow.objects.filter(subject_id="bob").update(stale_since=now - timedelta(seconds=90))
    for subject_id, repaired_at in (("alice", now), ("bob", None)):
        Drift.objects.create(
            kind="wallet", subject_id=subject_id, example_path="x", found_at=now, repaired_at=repaired_at
        )
    told = measures()
    assert (told["mirror_backlog"], told["mirror_parked"]) == (2, 1)
    assert 90 <= told["mirror_lag_seconds"] < 120
    assert (told["mirror_drift_total"], told["mirror_drift_open"]) == (2, 1)


@pytest.mark.django_db
def test_what_grows_is_read_through_indexes():
    """With sequential scans made expensive, none is left where an index could serve."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for table, condition, index in (
            ("payments_purchase", "settled_at IS NOT NULL", "purchase_by_credit"),
            ("payments_purchase", "settled_at > now() - interval '1 hour'", "purchase_by_credit"),
            ("payments_purchase", "settled_at IS NULL AND quarantine_reason > ''", "purchase_uncredited"),
            (
                "payments_purchase",
                "status IN ('started', 'open') AND expires_at < now() OR status = 'processing'",
                "purchase_pending_by_expiry",
            ),
            ("payments_inboxevent", "status = 'parked'", "inbox_parked"),
            ("payments_inboxevent", "status IN ('received', 'failed')", "inbox_due"),
        ):
            cursor.execute(f"EXPLAIN SELECT count(*) FROM {table} WHERE {condition}")
            assert index in str(cursor.fetchall())
