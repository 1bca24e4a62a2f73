"""After the credit Stripe is asked for which price it was paid; and packages there are to be as they are here."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from payments.gateways.stripe_api import client
from payments.models import Discrepancy, PackagePublication, Purchase
from payments.services import sale_checks
from payments.services.reconciliation.runner import reconcile
from payments.services.sale_checks import check_sales
from security.models import Alert
from tests.support.database import as_owner
from tests.support.reconciling import checked
from tests.support.shop import Shop


def run(task: str) -> object:
    current_app.loader.import_default_modules()
    return current_app.tasks[task].run()


def item_of(purchase: Purchase) -> str:
    (item,) = client().v1.checkout.sessions.line_items.list(str(purchase.stripe_session_id)).data
    return item.id


def test_a_purchase_that_is_as_stripe_has_it_is_asked_about_once(shop: Shop):
    purchase = shop.buy("alice")
    shop.start("bob")  # not paid: nothing to ask
    before = shop.stripe.requests().total

    assert run("payments.check_sales") == 1
    assert run("payments.check_sales") == 0

    assert shop.stripe.requests().total == before + 1
    purchase.refresh_from_db()
    assert purchase.sale_checked_at is not None
    assert not Alert.objects.exists()


def test_another_quantity_than_one_is_an_alert_once(shop: Shop):
    purchase = shop.buy("alice")
    shop.stripe.edit(item_of(purchase), quantity=2)
    check_sales(now=timezone.now())
    Purchase.objects.update(sale_checked_at=None)  # as after a worker that died
    check_sales(now=timezone.now())
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count) == ("sold_otherwise", "high", 1)
    assert (alert.evidence["reason"], alert.evidence["purchase_id"]) == ("quantity_differs", str(purchase.id))
    assert shop.wallet("alice").balance == 250  # a person decides


def test_another_price_is_an_alert(shop: Shop):
    shop.buy("alice")
    cheap = PackagePublication.objects.get(package_id="starter").stripe_price_id
    Purchase.objects.update(stripe_price_id=cheap)
    check_sales(now=timezone.now())
    assert Alert.objects.get().evidence["reason"] == "price_differs"


def test_a_credit_whose_session_is_not_paid_or_not_known_is_a_critical_alert(shop: Shop):
    unpaid, unknown = shop.buy("alice"), shop.buy("bob")
    shop.stripe.edit(str(unpaid.stripe_session_id), payment_status="unpaid")
    Purchase.objects.filter(id=unknown.id).update(stripe_session_id="cs_test_nowhere")
    assert check_sales(now=timezone.now()) == 2
    told = {alert.evidence["purchase_id"]: alert for alert in Alert.objects.all()}
    assert set(told) == {str(unpaid.id), str(unknown.id)}
    assert {(alert.kind, alert.severity) for alert in told.values()} == {
        ("credit_without_payment", "critical")
    }


def test_while_stripe_is_away_nothing_counts_as_asked(shop: Shop):
    shop.buy("alice")
    shop.stripe.fail_next(20, status=503, path="/v1/*")
    assert run("payments.check_sales") == 0
    shop.stripe.stop_failing()
    assert run("payments.check_sales") == 1
    assert not Alert.objects.exists()


def test_a_run_goes_on_until_nothing_is_left_to_ask_about_or_its_time_is_over(shop: Shop, monkeypatch):
    for name in ("alice", "bob", "carol"):
        shop.buy(name)
    monkeypatch.setattr(sale_checks, "SALE_CHECKS_BATCH", 1)
    with monkeypatch.context() as without_time:
        without_time.setattr(sale_checks, "SALE_CHECKS_SECONDS_MAX", 0)
        assert run("payments.check_sales") == 1
    assert run("payments.check_sales") == 2
    assert not Purchase.objects.filter(sale_checked_at=None).exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"active": False}, "inactive"),
        ({"unit_amount": 1}, "amount_differs"),
        ({"currency": "eur"}, "currency_differs"),
    ],
    ids=str,
)
def test_a_price_changed_at_stripe_by_hand_is_an_alert_once(counter: Shop, changes: dict, reason: str):
    publication = PackagePublication.objects.get(package_id="basic")
    counter.stripe.edit(publication.stripe_price_id, **changes)
    for _ in range(2):
        (result,) = reconcile(names=["catalogue"], since=timezone.now(), now=timezone.now(), repairs=True)
        assert [(found.key, found.is_safe) for found in result.found] == [
            ((f"package_{reason}", "basic"), False)
        ]
        assert result.looked_at == 4
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count, alert.version) == ("package_edited", "high", 1, 1)
    assert alert.evidence == {"check": "catalogue", "kind": f"package_{reason}", "subject": "basic"}
    assert publication.stripe_price_id in Discrepancy.objects.get().words


def test_a_product_renamed_or_taken_away_at_stripe_is_an_alert(counter: Shop):
    renamed = PackagePublication.objects.get(package_id="basic")
    counter.stripe.edit(renamed.stripe_product_id, name="Basic, reduced")
    gone = PackagePublication.objects.get(package_id="pro")
    PackagePublication.objects.filter(id=gone.id).update(stripe_price_id="price_nowhere")
    (result,) = reconcile(names=["catalogue"], since=timezone.now(), now=timezone.now())
    assert {found.key for found in result.found} == {
        ("package_name_differs", "basic"),
        ("package_gone", "pro"),
    }
    assert Alert.objects.get(kind="package_edited").count == 2


def test_what_is_as_it_was_published_raises_nothing(counter: Shop):
    (result,) = reconcile(names=["catalogue"], since=timezone.now(), now=timezone.now())
    assert (result.looked_at, result.found) == (4, ())
    assert not Alert.objects.exists()


def test_without_stripe_the_catalogue_is_not_judged(counter: Shop):
    counter.stripe.fail_next(20, status=503, path="/v1/*")
    (result,) = reconcile(names=["catalogue"], since=timezone.now(), now=timezone.now())
    counter.stripe.stop_failing()
    assert result.error
    assert not Alert.objects.exists()


def test_what_is_paid_and_not_credited_in_time_is_one_alert_with_the_number(shop: Shop):
    run("payments.watch_credits")
    assert not Alert.objects.exists()
    long_ago = timezone.now() - timedelta(hours=1)
    for name in ("alice", "bob"):
        purchase = shop.start(name)
        Purchase.objects.filter(id=purchase.id).update(
            status="quarantined", quarantine_reason="amount_differs", closed_at=long_ago
        )
    run("payments.watch_credits")
    run("payments.watch_credits")
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count, alert.version) == ("credit_overdue", "high", 2, 1)


def test_a_credit_that_belongs_to_no_purchase_is_one_critical_alert(counter: Shop):
    checked("ledger")
    assert not Alert.objects.exists()
    purchase = counter.start("alice")
    set_raw("UPDATE payments_purchase SET entry_id = gen_random_uuid()")
    checked("ledger")
    checked("ledger")
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count, alert.version) == ("ledger_imbalance", "critical", 1, 1)
    assert alert.evidence["subject"] == str(purchase.id)
    set_raw("UPDATE payments_purchase SET entry_id = NULL")


def set_raw(statement: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)
