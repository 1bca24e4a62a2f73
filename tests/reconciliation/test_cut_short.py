"""A check that ends before its time keeps what it found, says why it ended, and keeps no other from being made."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection
from django.utils import timezone

from payments import tasks
from payments.models import Discrepancy, ReconciliationRun
from payments.services import settlement
from payments.services.reconciliation.checks import paid_not_credited, reversals
from tests.payments.test_reconcile import run
from tests.support.database import as_owner
from tests.support.logged import Line, lines
from tests.support.reconciling import ON_ITS_WAY, open_rows
from tests.support.shop import Shop

__all__ = ["lines"]

LASTING = "SELECT pg_sleep(60)"


def stumble(*_: object) -> None:
    raise KeyError("amount")


def lose_connection(*_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def refund_untold(shop: Shop) -> str:
    """Have a refund be made of which we are told nothing; give its id."""
    bought = shop.buy("alice")
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.drop_next(count=100)
    return str(shop.stripe.refund(str(bought.stripe_payment_intent_id), 100)["id"])


@pytest.mark.parametrize(
    ("fault", "name"),
    [(stumble, "KeyError"), (lose_connection, "OperationalError")],
    ids=["bug", "connection"],
)
def test_what_nobody_foresaw_in_one_check_is_reported_and_stops_no_other(
    shop: Shop,
    lines: Callable[[], list[Line]],
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., None],
    name: str,
):
    refund = refund_untold(shop)
    monkeypatch.setattr(reversals, "reversal_mismatches", fault)

    ran = run("reversals", "balance", "--json")

    assert ran.status == 2
    by_name = {check["check"]: check for check in ran.told["checks"]}
    assert name in by_name["reversals"]["error"]
    assert by_name["balance"]["error"] == ""
    assert [each["kind"] for each in by_name["balance"]["discrepancies"]] == ["refund_not_recorded"]
    assert open_rows("reversals") == {("refund_unknown", refund)}
    failed = ReconciliationRun.objects.get(check_name="reversals")
    assert failed.finished_at
    assert name in failed.left_out
    (reported,) = [line for line in lines() if line["event"] == "reconcile.failed"]
    assert (reported["check"], reported["error"], reported["level"]) == ("reversals", name, "error")
    assert fault.__name__ in reported["exception"]


def test_with_the_database_away_nothing_could_be_made(counter: Shop, monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise OperationalError("connection refused")

    connection.close()
    with monkeypatch.context() as away:
        away.setattr(connection, "connect", refuse)
        ran = run()

    assert ran.status == 2
    assert "connection refused" in ran.err
    assert not ReconciliationRun.objects.exists()


def say_that_time_is_over(*_: object, **__: object) -> None:
    raise SoftTimeLimitExceeded


@pytest.fixture
def end_of_time() -> Iterator[Callable[[], None]]:
    """Interrupts its caller in a moment, by the signal by which Celery says that a task's time is over."""
    before = signal.signal(signal.SIGUSR1, say_that_time_is_over)
    clock = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1))
    yield clock.start
    clock.cancel()
    signal.signal(signal.SIGUSR1, before)
    with as_owner(), connection.cursor() as cursor:  # what was interrupted goes on at the server
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = '{LASTING}'")


def test_at_the_end_of_a_tasks_time_what_was_found_and_mended_is_kept(
    counter: Shop, monkeypatch: pytest.MonkeyPatch, end_of_time: Callable[[], None]
):
    bought = [counter.start(name) for name in ("alice", "bob")]
    for purchase in bought:
        counter.stripe.pay(str(purchase.stripe_session_id))
    settle, settled = settlement.settle_purchase, []

    def settle_first(**arguments: Any) -> Any:
        settled.append(arguments)
        if len(settled) == 1:
            return settle(**arguments)
        end_of_time()
        with connection.cursor() as cursor:
            cursor.execute(LASTING)
        raise AssertionError

    monkeypatch.setattr(paid_not_credited, "settle_purchase", settle_first)

    with time_machine.travel(timezone.now() + ON_ITS_WAY), pytest.raises(SoftTimeLimitExceeded):
        tasks.reconcile(checks=["paid_not_credited", "terms"], repair=True)

    rows = Discrepancy.objects.order_by("subject").values_list("subject", "status")
    assert list(rows) == [(str(bought[0].id), "repaired"), (str(bought[1].id), "open")]
    run = ReconciliationRun.objects.get()
    assert run.finished_at
    assert (run.check_name, run.found, run.repaired) == ("paid_not_credited", 2, 1)
    assert run.left_out.startswith("The time that a task may take was over")


def test_it_is_over_too_where_stripes_library_makes_an_error_of_its_own_of_that(
    counter: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(requests.Session, "request", say_that_time_is_over)

    with pytest.raises(SoftTimeLimitExceeded):
        tasks.reconcile(checks=["reversals", "balance"])

    run = ReconciliationRun.objects.get()
    assert (run.check_name, run.left_out[:8]) == ("reversals", "The time")


def test_it_is_over_too_while_stripe_is_asked_what_is_on_its_way(
    counter: Shop, monkeypatch: pytest.MonkeyPatch
):
    counter.stripe.pay(str(counter.start("alice").stripe_session_id))
    request = requests.Session.request

    def end_at_events(session: requests.Session, method: str, url: str, **options: Any) -> Any:
        if "/v1/events" in url:
            raise SoftTimeLimitExceeded
        return request(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", end_at_events)

    with time_machine.travel(timezone.now() + ON_ITS_WAY), pytest.raises(SoftTimeLimitExceeded):
        tasks.reconcile(checks=["paid_not_credited"])

    assert ReconciliationRun.objects.get().left_out.startswith("The time")
