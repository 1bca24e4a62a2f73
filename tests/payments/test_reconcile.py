"""`manage.py reconcile`: what differs is told, repaired where it can be, and the exit says which."""

import io
import json
from argparse import ArgumentTypeError
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from payments.kinds import PurchaseStatus
from payments.limits import BACKFILL_PATIENCE, PROCESSING_WAIT
from payments.management.commands.reconcile import read_since
from payments.models import InboxEvent, Purchase
from payments.services.reconciliation.checks import events, purchases
from payments.services.reconciliation.runner import available, reconcile
from tests.support.shop import Shop
from tokens.models import Entry

COMPLETED = "checkout.session.completed"
CHARGED = "charge.succeeded"


@dataclass
class Ran:
    """How a run of the command ended."""

    status: int
    out: str
    err: str
    told: dict[str, Any] = field(default_factory=dict)


def run(*arguments: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("reconcile", *arguments, stdout=out, stderr=err)
    except SystemExit as exit_:
        status = int(str(exit_.code))
    told = json.loads(out.getvalue()) if "--json" in arguments else {}
    return Ran(status, out.getvalue(), err.getvalue(), told)


def overdue(*started: Purchase) -> None:
    ids = [purchase.id for purchase in started]
    Purchase.objects.filter(id__in=ids).update(expires_at=timezone.now() - timedelta(hours=1))


def test_where_everything_agrees_it_says_so_and_exits_with_0(shop: Shop):
    shop.buy("alice", "basic")

    ran = run()

    assert ran.status == 0
    assert "events: " in ran.out
    assert "purchases: 0 looked at" in ran.out
    assert ran.out.count("no discrepancies") == len(available())
    assert ran.err == ""


def test_a_payment_nobody_was_told_of_is_found_credited_and_told(counter: Shop):
    """Here Stripe knows no endpoint, as if it had delivered everything before a restore from a dump."""
    purchase = counter.start("alice", "basic")
    counter.stripe.pay(str(purchase.stripe_session_id))
    now = timezone.now() + 2 * BACKFILL_PATIENCE

    (result,) = reconcile(names=["events"], since=now - timedelta(days=3), now=now)

    assert {(found.kind, found.is_repaired) for found in result.discrepancies} == {
        ("event_never_received", True)
    }
    assert {found.words for found in result.discrepancies} == {
        f"{event_type} never reached us; it is processed now" for event_type in (CHARGED, COMPLETED)
    }
    assert counter.wallet("alice").balance == 250
    (again,) = reconcile(names=["events"], since=now - timedelta(days=3), now=now)
    assert (again.looked_at, again.discrepancies, again.error) == (2, (), "")
    assert Entry.objects.count() == 1


def test_events_that_cannot_be_handled_or_read_are_told_as_not_repaired(counter: Shop):
    unknown = {"id": "cs_test_1", "client_reference_id": "01a20573-c2c8-711d-ac36-000000000000"}
    counter.stripe.emit(COMPLETED, unknown)
    bent = counter.stripe.emit(COMPLETED, {"id": "cs_test_2"})["id"]
    counter.stripe.edit(bent, livemode="perhaps")
    now = timezone.now() + 2 * BACKFILL_PATIENCE

    (result,) = reconcile(names=["events"], since=now - timedelta(hours=1), now=now)

    assert [(found.kind, found.is_repaired) for found in result.discrepancies] == [
        ("event_never_received", False),
        ("event_unreadable", False),
    ]
    assert result.discrepancies[1].subject == bent
    assert InboxEvent.objects.get().status == "failed"


def test_a_purchase_that_was_paid_and_not_credited_is_repaired(counter: Shop):
    paid, left, young = counter.start("alice", "basic"), counter.start("bob"), counter.start("carol")
    counter.stripe.pay(str(paid.stripe_session_id))
    counter.stripe.advance_clock(3 * 3600)
    overdue(paid, left)
    counter.stripe.forget_requests()

    ran = run("purchases", "--json")

    assert ran.status == 1
    (check,) = ran.told["checks"]
    assert (ran.told["status"], check["check"], check["looked_at"], check["error"]) == (1, "purchases", 2, "")
    found = {one["subject"]: (one["kind"], one["is_repaired"]) for one in check["discrepancies"]}
    assert found == {
        str(paid.id): ("payment_not_credited", True),
        str(left.id): ("status_behind", True),
    }
    assert counter.stripe.requests().total == 2
    assert counter.wallet("alice").balance == 250
    young.refresh_from_db()
    assert young.status == PurchaseStatus.OPEN
    assert run("purchases").status == 0


def test_what_cannot_be_repaired_is_told_as_such(counter: Shop):
    bent, lost, late, waits, dawdles = (
        counter.start(name) for name in ("alice", "bob", "carol", "dave", "erin")
    )
    counter.stripe.pay(str(bent.stripe_session_id))
    counter.stripe.edit(str(bent.stripe_session_id), amount_total=1)
    Purchase.objects.filter(id=lost.id).update(stripe_session_id="cs_test_lost")
    for purchase in (late, waits):
        counter.stripe.debit(str(purchase.stripe_session_id), "000000000009")
    began = timezone.now() - PROCESSING_WAIT - timedelta(minutes=1)
    Purchase.objects.filter(id=late.id).update(status=PurchaseStatus.PROCESSING, processing_at=began)
    Purchase.objects.filter(id=waits.id).update(
        status=PurchaseStatus.PROCESSING, processing_at=timezone.now()
    )
    overdue(bent, lost, dawdles)

    ran = run("purchases", "--since", "1h")

    assert ran.status == 1
    assert "purchases: 5 looked at" in ran.out
    assert "4 discrepancies" in ran.out
    assert f"payment_not_as_sold {bent.id}: was open, is quarantined now (NOT repaired)" in ran.out
    assert f"session_unknown {lost.id}: Stripe does not answer for its session: resource_missing" in ran.out
    assert f"still_undecided {late.id}: is processing past its time (NOT repaired)" in ran.out
    assert f"still_undecided {dawdles.id}: is open past its time (NOT repaired)" in ran.out
    assert str(waits.id) not in ran.out
    assert not Entry.objects.exists()


def test_only_what_was_started_since_then_is_asked_about(counter: Shop):
    old = counter.start("alice")
    overdue(old)
    Purchase.objects.filter(id=old.id).update(started_at=timezone.now() - timedelta(days=2))

    assert "purchases: 0 looked at" in run("purchases").out
    assert "purchases: 1 looked at" in run("purchases", "--since", "3d").out


def test_with_stripe_away_the_checks_could_not_run_and_one_does_not_stop_the_other(counter: Shop):
    purchase = counter.start("alice")
    counter.stripe.pay(str(purchase.stripe_session_id))
    overdue(purchase)
    counter.stripe.fail_next(1000, status=500, path="/v1/events")

    ran = run("--json")

    assert ran.status == 2
    by_name = {check["check"]: check for check in ran.told["checks"]}
    assert by_name["events"]["error"].startswith("Payments are not available")
    assert by_name["purchases"]["error"] == ""
    assert counter.wallet("alice").balance == 250


def test_stripe_away_in_the_middle_tells_what_was_found_until_then(counter: Shop):
    first, second = counter.start("alice"), counter.start("bob")
    counter.stripe.pay(str(first.stripe_session_id))
    overdue(first, second)
    counter.stripe.fail_next(1000, status=500, path=f"/v1/checkout/sessions/{second.stripe_session_id}")

    ran = run("purchases")

    assert ran.status == 2
    assert f"payment_not_credited {first.id}" in ran.out
    assert "could not be made in full: Payments are not available" in ran.err
    assert "purchases: 1 looked at" in ran.out


def test_a_spent_budget_is_told_and_is_no_success(counter: Shop, monkeypatch):
    overdue(counter.start("alice"), counter.start("bob"))
    counter.stripe.advance_clock(3 * 3600)
    monkeypatch.setattr(purchases, "RECONCILE_PURCHASES_MAX", 1)

    ran = run("purchases")

    assert ran.status == 2
    assert "Only the first 1 were asked about." in ran.err
    assert run("purchases").status == 1


def test_a_day_with_too_many_events_is_told(counter: Shop, monkeypatch):
    for number in range(101):
        counter.stripe.emit(COMPLETED, {"id": f"cs_test_{number}"})
    monkeypatch.setattr(events, "RECONCILE_PAGES_PER_DAY_MAX", 1)
    now = timezone.now() + 2 * BACKFILL_PATIENCE

    (result,) = reconcile(names=["events"], since=now - timedelta(hours=1), now=now)

    assert result.error.startswith("Too many events on one day: nothing between")
    assert (result.looked_at, len(result.discrepancies)) == (100, 100)


@pytest.mark.parametrize("arguments", [("ledger",), ("events", "nonsense")])
def test_an_unknown_check_is_named_and_nothing_runs(counter: Shop, arguments):
    counter.stripe.forget_requests()

    ran = run(*arguments)

    assert ran.status == 2
    assert "there are events, packages, purchases" in ran.err
    assert counter.stripe.requests().total == 0


def test_every_check_says_what_it_is_for():
    assert list(available()) == ["events", "packages", "purchases"]
    assert all(check.summary for check in available().values())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:30", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("2026-03-01T12:30:00Z", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("2026-03-01T12:30:00+02:00", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
    ],
)
def test_since_is_a_time_in_utc_unless_it_says_otherwise(text: str, moment: datetime):
    assert read_since(text) == moment


@pytest.mark.parametrize(
    ("text", "ago"), [("90m", {"minutes": 90}), ("12h", {"hours": 12}), ("3d", {"days": 3})]
)
def test_since_may_say_how_long_ago(text: str, ago: dict[str, float]):
    assert abs(timezone.now() - timedelta(**ago) - read_since(text)) < timedelta(seconds=10)


@pytest.mark.parametrize("text", ["", "soon", "3", "3w", "-3d", "2026-13-01", "2026-03-01T99:00", "99999d"])
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(ArgumentTypeError):
        read_since(text)
