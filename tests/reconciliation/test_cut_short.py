"""A check that ends before its time keeps what it found, says why it ended, and keeps no other from being made."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from payments.models import ReconciliationRun
from payments.services.reconciliation.checks import reversals
from tests.payments.test_reconcile import run
from tests.support.logged import Line, lines
from tests.support.reconciling import open_rows
from tests.support.shop import Shop

__all__ = ["lines"]


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
