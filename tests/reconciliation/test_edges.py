"""What reconciliation does at its edges: Stripe away while it mends, what is not its to judge, what is not there."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from google.cloud import firestore

from identity.kinds import Actor, ActorKind
from mirror import limits as mirror_limits
from payments.errors import PurchaseNotFound
from payments.models import ReconciliationRun
from payments.services.quarantine import release
from payments.services.reconciliation.checks import ledger
from payments.services.reconciliation.runner import reconcile
from payments.services.reversals import restore_stand
from tests.admin.payment_rows import discrepancy_of
from tests.admin.rows import person
from tests.payments.test_reconcile import run
from tests.reconciliation.found import assert_mended
from tests.support.database import tamper
from tests.support.reconciling import SINCE, checked, found, later, open_rows
from tests.support.shop import Shop


def test_with_stripe_away_while_it_mends_a_check_is_told_as_not_made_in_full(shop: Shop):
    bought = shop.buy("alice")
    shop.stripe.drop_next(count=100)
    shop.stripe.refund(str(bought.stripe_payment_intent_id), 100)
    shop.stripe.fail_next(1000, status=500, path="/v1/refunds/*")
    now = later()

    (result,) = reconcile(names=["balance"], since=now - SINCE, now=now, repairs=True)

    assert result.error.startswith("Payments are not available")
    assert [each.is_repaired for each in result.found] == [False]
    assert {kind for kind, _ in open_rows("balance")} == {"refund_not_recorded"}
    shop.stripe.stop_failing()
    assert found(checked("balance", repairs=True)) == {"balance": {"refund_not_recorded"}}


def test_a_movement_of_another_kind_about_a_payment_of_ours_is_not_judged(shop: Shop):
    bought = shop.buy("alice")
    refund = shop.stripe.refund(str(bought.stripe_payment_intent_id), 100)
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.edit(refund["balance_transaction"], reporting_category="charge_failure")

    balance = checked("balance")["balance"]

    assert (balance.looked_at, balance.found) == (2, ())


@pytest.mark.django_db
def test_a_purchase_that_is_not_there_has_no_stand_to_restore():
    with pytest.raises(PurchaseNotFound):
        restore_stand(purchase_id=uuid.uuid4(), now=timezone.now())


def test_a_wallet_that_firestore_has_lost_is_shown_again_however_long_its_history(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mirror_limits, "CHUNK_DOCUMENTS_MAX", 1)
    for _ in range(2):
        shop.buy("alice")
    shop.drain()
    path = f"users/{shop.wallet('alice').document_id}"
    database = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    database.document(path).delete(timeout=10)
    database.close()

    assert_mended("mirror", {"firestore_differs"})
    assert (shop.document(path) or {})["tokenBalance"] == 500


def test_an_event_that_cannot_be_read_is_not_gone_because_only_later_ones_were_looked_at(counter: Shop):
    bent = counter.stripe.emit("checkout.session.completed", {"id": "cs_test_1"})["id"]
    counter.stripe.edit(bent, livemode="perhaps")
    checked("events")
    tomorrow = later() + timedelta(days=1)

    reconcile(names=["events"], since=tomorrow - timedelta(hours=1), now=tomorrow)
    assert open_rows("events") == {("event_unreadable", bent)}

    counter.stripe.edit(bent, livemode=False)
    reconcile(names=["events"], since=tomorrow - timedelta(days=2), now=tomorrow)
    assert open_rows("events") == {("event_never_received", bent)}


def test_what_a_person_has_released_is_no_difference_any_more(counter: Shop):
    bent = counter.start("alice")
    counter.stripe.pay(str(bent.stripe_session_id))
    counter.stripe.edit(str(bent.stripe_session_id), amount_total=1)
    checked("paid_not_credited", repairs=True)
    actor = Actor(ActorKind.STAFF, str(person("carol", is_staff=True, is_superuser=True).pk))
    release(purchase_id=bent.id, reason="A coupon.", actor=actor, now=timezone.now())

    assert found(checked("paid_not_credited", "credited_not_paid", "terms")) == {}

    counter.stripe.edit(str(bent.stripe_session_id), customer="cus_somebody_else")
    assert found(checked("terms")) == {"terms": {"customer_differs"}}


@pytest.mark.django_db
def test_a_check_that_there_is_not_is_no_silent_success():
    with pytest.raises(ValueError, match="nonsense"):
        reconcile(names=["ledger", "nonsense"], since=timezone.now(), now=timezone.now())
    assert not ReconciliationRun.objects.exists()


def test_what_stripe_has_forgotten_was_not_looked_at_and_does_not_end(counter: Shop):
    forgotten = discrepancy_of(
        check_name="events", kind="event_never_received", about_at=timezone.now() - timedelta(days=40)
    )

    ran = run("events", "--since", "60d")

    assert ran.status == 2
    assert "Stripe keeps no events for longer: nothing before" in ran.err
    assert run("events", "--since", "30d").status == 0
    assert open_rows("events") == {(forgotten.kind, forgotten.subject)}


def test_faults_of_the_ledger_beyond_those_that_are_told_do_not_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    for name in ("alice", "bob", "carol"):
        shop.buy(name)
    tamper("UPDATE tokens_wallet SET balance = balance + 1")
    assert checked("ledger")["ledger"].tokens_at_risk == 3
    known = open_rows("ledger")
    monkeypatch.setattr(ledger, "IMBALANCES_TOLD_MAX", 1)

    ran = run("ledger")

    assert ran.status == 2
    assert "Only so many of a kind are told, and there are more: wallet_balances, wallet_lots." in ran.err
    assert open_rows("ledger") == known
    tamper("UPDATE tokens_wallet SET balance = balance - 1")
    assert found(checked("ledger")) == {}
    assert not open_rows("ledger")
