"""`manage.py reconcile`: what differs is told, mended where that is safe and asked for, and the exit says which."""

import io
import json
from argparse import ArgumentTypeError
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from payments.gateways import stripe_lists
from payments.management.commands.reconcile import read_since
from payments.models import Discrepancy, InboxEvent, Purchase, ReconciliationRun
from payments.services import settlement
from payments.services.reconciliation.checks import events, paid_not_credited
from payments.services.reconciliation.runner import available, reconcile
from security.models import Alert
from tests.support.reconciling import ON_ITS_WAY, checked, later, open_rows
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
    """Run the command when what has happened by now is no longer on its way."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with time_machine.travel(timezone.now() + ON_ITS_WAY):
        try:
            call_command("reconcile", *arguments, stdout=out, stderr=err)
        except SystemExit as exit_:
            status = int(str(exit_.code))
    told = json.loads(out.getvalue()) if "--json" in arguments else {}
    return Ran(status, out.getvalue(), err.getvalue(), told)


def paid(counter: Shop, *names: str) -> list[Purchase]:
    """Purchases that are paid at Stripe, of which we were told nothing."""
    purchases = [counter.start(name) for name in names]
    for purchase in purchases:
        counter.stripe.pay(str(purchase.stripe_session_id))
    return purchases


def test_where_everything_agrees_it_says_so_and_exits_with_0(shop: Shop):
    shop.buy("alice", "basic")
    shop.drain()

    ran = run()

    assert ran.status == 0, ran.out
    assert "events: 2 looked at" in ran.out
    assert ran.out.count("no discrepancies") == len(available()) == 10
    assert "At risk, unrepaired: 0 tokens and no money." in ran.out
    assert ran.err == ""
    runs = ReconciliationRun.objects.all()
    assert [run.check_name for run in runs.order_by("started_at", "id")] == list(available())
    assert all(run.finished_at and not run.repairs and run.started_by == "system" for run in runs)
    assert str(runs[0]).startswith(runs[0].check_name)


def test_it_only_tells_what_it_has_found_until_it_is_asked_to_repair(counter: Shop):
    (purchase,) = paid(counter, "alice")

    ran = run("events", "paid_not_credited", "--json")

    assert ran.status == 1
    by_name = {check["check"]: check for check in ran.told["checks"]}
    assert [each["kind"] for each in by_name["events"]["discrepancies"]] == ["event_never_received"] * 2
    (uncredited,) = by_name["paid_not_credited"]["discrepancies"]
    assert uncredited == {
        "kind": "payment_not_credited",
        "subject": str(purchase.id),
        "words": "is open, and paid",
        "severity": "high",
        "tokens": 250,
        "cents": 1499,
        "currency": "usd",
        "is_safe": True,
        "is_repaired": False,
    }
    assert ran.told["totals"] == {
        "looked_at": 3,
        "discrepancies": 3,
        "repaired": 0,
        "tokens_at_risk": 250,
        "cents_at_risk": {"usd": 1499},
    }
    assert not Entry.objects.exists()
    ran = run("paid_not_credited", "events")
    assert "At risk, unrepaired: 250 tokens and 14.99 USD." in ran.out.replace("$14.99", "14.99 USD")

    ran = run("paid_not_credited", "events", "--repair")

    assert ran.status == 1
    assert f"payment_not_credited {purchase.id}: is open, and paid" not in ran.out  # its events came first
    assert ran.out.count("(repaired)") == 2
    assert counter.wallet("alice").balance == 250
    assert run("events", "paid_not_credited").status == 0
    assert {row.status for row in Discrepancy.objects.all()} == {"repaired", "gone"}


def test_a_payment_nobody_was_told_of_is_found_credited_and_told(counter: Shop):
    """Here Stripe knows no endpoint, as if it had delivered everything before a restore from a dump."""
    paid(counter, "alice")

    found = checked("events", repairs=True)["events"].found

    assert {(each.difference.kind, each.is_repaired) for each in found} == {("event_never_received", True)}
    assert {each.difference.words for each in found} == {
        f"{event_type} never reached us" for event_type in (CHARGED, COMPLETED)
    }
    assert counter.wallet("alice").balance == 250
    again = checked("events")["events"]
    assert (again.looked_at, again.found, again.error) == (2, (), "")
    assert Entry.objects.count() == 1


def test_events_that_cannot_be_handled_or_read_are_told_as_not_repaired(counter: Shop):
    unknown = {"id": "cs_test_1", "client_reference_id": "01a20573-c2c8-711d-ac36-000000000000"}
    counter.stripe.emit(COMPLETED, unknown)
    bent = counter.stripe.emit(COMPLETED, {"id": "cs_test_2"})["id"]
    counter.stripe.edit(bent, livemode="perhaps")

    found = checked("events", repairs=True)["events"].found

    assert [(each.difference.kind, each.is_safe, each.is_repaired) for each in found] == [
        ("event_never_received", True, False),
        ("event_unreadable", False, False),
    ]
    assert found[1].difference.subject == bent
    assert InboxEvent.objects.get().status == "failed"


def test_what_is_on_its_way_is_no_difference(counter: Shop):
    paid(counter, "alice")
    now = timezone.now()

    results = reconcile(names=list(available()), since=now - timedelta(hours=1), now=now)

    assert [result.found for result in results] == [()] * len(results)


def test_only_what_was_started_since_then_is_looked_at(counter: Shop):
    old, at_bank = counter.start("alice"), timezone.now() - timedelta(days=2)
    Purchase.objects.filter(id=old.id).update(status="processing", started_at=at_bank, processing_at=at_bank)
    counter.stripe.edit(str(old.stripe_session_id), status="expired")

    assert "stuck: 0 looked at" in run("stuck").out
    assert "stuck: 1 looked at" in run("stuck", "--since", "3d").out
    assert open_rows("stuck")
    Purchase.objects.update(status="expired")
    run("stuck")
    assert open_rows("stuck"), "a run that did not look at it does not end it"
    run("stuck", "--since", "3d")
    assert not open_rows("stuck")


def test_with_stripe_away_a_check_could_not_run_and_one_does_not_stop_the_other(counter: Shop):
    paid(counter, "alice")
    counter.stripe.fail_next(1000, status=500, path="/v1/events")

    ran = run("--json", "--repair")

    assert ran.status == 2
    by_name = {check["check"]: check for check in ran.told["checks"]}
    assert by_name["events"]["error"].startswith("Payments are not available")
    assert by_name["paid_not_credited"]["error"] == ""
    assert counter.wallet("alice").balance == 250
    failed = ReconciliationRun.objects.get(check_name="events")
    assert failed.finished_at
    assert failed.left_out.startswith("Payments are not available")


def test_stripe_away_in_the_middle_tells_what_was_found_until_then(counter: Shop):
    paid(counter, "alice")
    counter.stripe.fail_next(1000, status=500, path="/v1/disputes")

    ran = run("paid_not_credited", "reversals")

    assert ran.status == 2
    assert "payment_not_credited" in ran.out
    assert "reversals could not be made in full: Payments are not available" in ran.err


def test_what_cannot_be_mended_keeps_no_other_from_its_turn(counter: Shop, monkeypatch):
    paid(counter, "alice", "bob")
    settle, tried = settlement.settle_purchase, []

    def fail_first(**arguments: Any) -> Any:
        tried.append(arguments)
        if len(tried) == 1:
            raise OperationalError("deadlock")
        return settle(**arguments)

    monkeypatch.setattr(paid_not_credited, "settle_purchase", fail_first)

    result = checked("paid_not_credited", repairs=True)["paid_not_credited"]

    assert [each.is_repaired for each in result.found] == [False, True]
    assert (counter.wallet("alice").balance, counter.wallet("bob").balance) == (0, 250)
    assert len(open_rows("paid_not_credited")) == 1


def test_a_list_that_is_too_long_is_told_and_is_no_success(counter: Shop, monkeypatch):
    counter.start("alice")
    counter.start("bob")
    monkeypatch.setattr(stripe_lists, "LIST_PAGES_MAX", 1)
    monkeypatch.setattr(stripe_lists, "LIST_PAGE_SIZE", 1)

    ran = run("terms")

    assert ran.status == 2
    assert "too many objects since then" in ran.err
    monkeypatch.setattr(stripe_lists, "LIST_PAGES_MAX", 2)
    assert run("terms").status == 0


def test_a_day_with_too_many_events_is_told(counter: Shop, monkeypatch):
    for number in range(101):
        counter.stripe.emit(COMPLETED, {"id": f"cs_test_{number}"})
    monkeypatch.setattr(events, "RECONCILE_PAGES_PER_DAY_MAX", 1)
    now = later()

    (result,) = reconcile(names=["events"], since=now - timedelta(hours=1), now=now)

    assert result.error.startswith("Too many events on one day: nothing between")
    assert (result.looked_at, len(result.found)) == (100, 100)


def test_the_alert_counts_what_is_open_and_says_nothing_twice(counter: Shop):
    paid(counter, "alice", "bob")
    checked("paid_not_credited")
    checked("paid_not_credited")
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count, alert.version) == ("discrepancy", "high", 2, 1)
    checked("paid_not_credited", repairs=True)
    assert Alert.objects.get().version == 1


@pytest.mark.parametrize("arguments", [("nonsense",), ("events", "nonsense")])
def test_an_unknown_check_is_named_and_nothing_runs(counter: Shop, arguments):
    counter.stripe.forget_requests()

    ran = run(*arguments)

    assert ran.status == 2
    assert "there are events, paid_not_credited, stuck" in ran.err
    assert counter.stripe.requests().total == 0


def test_every_check_says_what_it_is_for():
    assert all(check.name == name and check.summary for name, check in available().items())


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
