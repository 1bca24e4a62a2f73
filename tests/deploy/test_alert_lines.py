"""Each alert policy finds the line that the product writes when its trouble comes, and none of a healthy day's."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from config.tasks import log_measures
from foundation.errors import Refusal
from mirror.models import OutboxRow
from payments.kinds import InboxStatus
from payments.limits import BACKFILL_PATIENCE
from payments.models import InboxEvent
from payments.services.reconciliation.runner import reconcile
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert
from tests.deploy.log_filter import Line, matches
from tests.support.database import tamper
from tests.support.logged import lines
from tests.support.shop import Shop
from tests.support.shop_fixtures import shop, stripe_sandbox
from tests.support.webhook import post, signed

__all__ = ["lines", "shop", "stripe_sandbox"]

MONITORING = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
USER_METRIC = "logging.googleapis.com/user/"


def read(folder: str) -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in MONITORING.glob(f"{folder}/*.yaml")}


METRICS, POLICIES = read("metrics"), read("policies")


def log_filters(policy: dict[str, Any]) -> list[str]:
    """What a policy looks for in the log: its own filter, or that of the metric that it counts."""
    (condition,) = policy["conditions"]
    if "conditionMatchedLog" in condition:
        return [condition["conditionMatchedLog"]["filter"]]
    body = condition.get("conditionThreshold") or condition["conditionAbsent"]
    names = [text.partition(USER_METRIC)[2].partition('"')[0] for text in (body["filter"],)]
    return [METRICS[name]["filter"] for name in names if name]


def unknown_purchase() -> None:
    session = {
        "id": "cs_1",
        "object": "checkout.session",
        "client_reference_id": "00000000-0000-7000-8000-000000000000",
        "payment_status": "paid",
    }
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": False}
    body = json.dumps({**event, "created": 1, "data": {"object": session}}).encode()
    assert post(body, signed(body)).status_code == 200


def stale_mirror() -> None:
    past = timezone.now() - timedelta(minutes=3)
    OutboxRow.objects.create(kind="wallet", subject_id="w", stale_since=past, due_at=past)
    log_measures()


def waiting_event() -> None:
    unknown_purchase()
    past = timezone.now() - timedelta(minutes=3)
    InboxEvent.objects.update(status=InboxStatus.FAILED, received_at=past, due_at=past)
    log_measures()


def server_error() -> None:
    with override_settings(STRIPE_WEBHOOK_SECRETS=None):
        assert post(b"{}", "t=1,v1=0").status_code == 500


def grave_alert() -> None:
    raise_alert(
        kind=AlertKind.INBOX_PARKED,
        severity=Severity.HIGH,
        dedup_key="",
        summary="",
        subject={},
        now=timezone.now(),
    )


def beyond_the_limit(shop: Shop) -> None:
    with suppress(Refusal):
        for _ in range(6):
            shop.start()


def lost_event(shop: Shop) -> None:
    shop.buy()
    InboxEvent.objects.filter(type="checkout.session.completed").delete()
    later = timezone.now() + 2 * BACKFILL_PATIENCE
    reconcile(names=["events"], since=later - timedelta(hours=1), now=later)


def broken_ledger(shop: Shop) -> None:
    shop.buy()
    tamper("UPDATE tokens_wallet SET balance = balance + 1")
    with pytest.raises(CommandError):
        call_command("verify_ledger", stderr=io.StringIO())
    tamper("UPDATE tokens_wallet SET balance = balance - 1")


TROUBLE: dict[str, Callable[[], None]] = {
    "failed-credits": unknown_purchase,
    "purchase-success": unknown_purchase,
    "webhook-errors": server_error,
    "rejected-signatures": lambda: post(b"{}", "t=1,v1=0"),
    "mirror-behind": stale_mirror,
    "queue-age": waiting_event,
    "grave-alerts": grave_alert,
}
TROUBLE_IN_A_SHOP: dict[str, Callable[[Shop], None]] = {
    "rate-limit-abuse": beyond_the_limit,
    "discrepancies": lost_event,
    "ledger-imbalance": broken_ledger,
}
# Found on every day: what counts is how much of it, or that it stays away.
ALWAYS = {"webhook-latency", "workers-silent"}
# What Google watches from outside.
OUTSIDE = {"site-down", "certificate"}


def test_every_policy_is_tried_here():
    assert POLICIES.keys() == {*TROUBLE, *TROUBLE_IN_A_SHOP, *ALWAYS, *OUTSIDE}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(TROUBLE))
def test_a_policy_finds_its_trouble(name: str, lines: Callable[[], list[Line]]):
    TROUBLE[name]()
    for text in log_filters(POLICIES[name]):
        assert any(matches(text, line) for line in lines()), (text, lines())


@pytest.mark.parametrize("name", sorted(TROUBLE_IN_A_SHOP))
def test_a_policy_finds_its_trouble_in_a_shop(name: str, shop: Shop, lines: Callable[[], list[Line]]):
    TROUBLE_IN_A_SHOP[name](shop)
    for text in log_filters(POLICIES[name]):
        assert any(matches(text, line) for line in lines()), (text, lines())


def test_a_healthy_day_alerts_nobody_and_fills_every_measure(shop: Shop, lines: Callable[[], list[Line]]):
    shop.buy("alice")
    shop.buy("bob", "pro")
    shop.drain()
    log_measures()
    call_command("reconcile", stdout=io.StringIO())
    call_command("verify_ledger", stdout=io.StringIO())

    day = lines()
    assert {line["event"] for line in day} >= {"purchase.settled", "webhook.received", "measures.taken"}
    for name in POLICIES.keys() - ALWAYS - OUTSIDE:
        for text in log_filters(POLICIES[name]):
            assert [line for line in day if matches(text, line)] == [], name
    for name in ALWAYS:
        assert all(any(matches(text, line) for line in day) for text in log_filters(POLICIES[name]))
    for metric in METRICS.values():
        if extractor := metric.get("valueExtractor"):
            field = extractor.removeprefix("EXTRACT(jsonPayload.").removesuffix(")")
            values = [line[field] for line in day if matches(metric["filter"], line)]
            assert values
            assert all(isinstance(value, int | float) and value < 2 for value in values), metric["name"]


def test_the_stand_ins_of_the_query_language_bind_as_googles_does():
    line = {"a": "x", "n": 3}
    assert matches('jsonPayload.a="x" OR jsonPayload.a="y" AND jsonPayload.n>2', line)
    assert not matches('jsonPayload.a="x" OR jsonPayload.a="y" AND jsonPayload.n>3', line)
    assert matches('NOT jsonPayload.a=("y" OR "z") AND jsonPayload.a=~"^x$"', line)
    assert not matches("jsonPayload.none>0", line)
    assert not matches("jsonPayload.a>0", line)
