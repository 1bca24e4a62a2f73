"""What staff have repaired is first looked at again by itself: mended, gone meanwhile, or become a person's."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from google.cloud import firestore

from identity.kinds import SYSTEM_ACTOR
from mirror import limits
from mirror.models import OutboxRow, ScanProgress
from payments.errors import DiscrepancyNeedsPerson
from payments.gateways.stripe_api import client
from payments.management.commands.seed_catalog import PACKAGES
from payments.models import Discrepancy, Dispute, InboxEvent, PackagePublication, Purchase
from payments.services.catalogue import publish_package
from tests.reconciliation.test_centre import repaired
from tests.support.reconciling import checked, later
from tests.support.shop import Shop
from tokens.kinds import PackageTerms

COMPLETED = "checkout.session.completed"


def bend_catalogue() -> tuple[str, str]:
    """Have Stripe use a price that was withdrawn here, and name a product otherwise; give the ids of both."""
    publications = {each.package_id: each for each in PackagePublication.objects.all()}
    terms = PackageTerms("Starter", "Enough to look around.", 50, 0, 599, position=1)
    publish_package(code="starter", terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())
    left, product = publications["starter"].stripe_price_id, publications["basic"].stripe_product_id
    PackagePublication.objects.filter(stripe_price_id=left).update(
        withdrawn_at=timezone.now() - timedelta(hours=1)
    )
    client().v1.prices.update(left, {"active": True})
    client().v1.products.update(product, {"name": "Bargain"})
    checked("catalogue")
    return left, product


def test_a_withdrawn_price_is_taken_out_of_use_and_a_name_is_put_right(counter: Shop):
    left, product = bend_catalogue()

    assert repaired("withdrawn_price_in_use", counter).status == "repaired"
    assert repaired("package_name_differs", counter).status == "repaired"

    assert counter.stripe.object(left)["active"] is False
    assert counter.stripe.object(product)["name"] == PACKAGES["basic"].name


def test_a_catalogue_that_somebody_has_put_right_meanwhile_is_left_alone(counter: Shop):
    left, product = bend_catalogue()
    client().v1.prices.update(left, {"active": False})
    client().v1.products.update(product, {"name": PACKAGES["basic"].name})

    assert repaired("withdrawn_price_in_use", counter).status == "gone"
    assert repaired("package_name_differs", counter).status == "gone"


def lose_event(shop: Shop) -> str:
    """Have an event be found that never reached us; give its id."""
    shop.buy("alice")
    lost = InboxEvent.objects.get(type=COMPLETED)
    lost.delete()
    checked("events")
    return lost.stripe_event_id


def test_an_event_that_has_arrived_meanwhile_is_gone(shop: Shop):
    shop.stripe.duplicate(lose_event(shop))

    assert repaired("event_never_received", shop).status == "gone"


def test_an_event_that_stripe_does_not_know_any_more_needs_a_person(shop: Shop):
    lose_event(shop)
    Discrepancy.objects.update(subject="evt_forgotten")

    with pytest.raises(DiscrepancyNeedsPerson):
        repaired("event_never_received", shop)


def test_an_event_that_cannot_be_read_any_more_needs_a_person(shop: Shop):
    shop.stripe.edit(lose_event(shop), livemode="perhaps")

    with pytest.raises(DiscrepancyNeedsPerson):
        repaired("event_never_received", shop)


def leave_past_its_end(counter: Shop) -> Purchase:
    """Have a purchase be found whose session is over at Stripe, and which is open here."""
    left = counter.start("alice")
    counter.stripe.advance_clock(3 * 3600)
    Purchase.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    checked("stuck")
    return left


def test_a_purchase_that_has_ended_meanwhile_is_gone(counter: Shop):
    leave_past_its_end(counter)
    Purchase.objects.update(status="expired")

    assert repaired("status_behind", counter).status == "gone"


def test_a_purchase_whose_session_stripe_does_not_know_any_more_needs_a_person(counter: Shop):
    leave_past_its_end(counter)
    Purchase.objects.update(stripe_session_id="cs_test_lost")

    with pytest.raises(DiscrepancyNeedsPerson):
        repaired("status_behind", counter)


def test_a_purchase_past_its_end_that_is_paid_is_another_checks(counter: Shop):
    paid = counter.start("alice")
    counter.stripe.pay(str(paid.stripe_session_id))
    Purchase.objects.update(expires_at=later() - timedelta(hours=1))

    stuck = checked("stuck", "paid_not_credited")

    assert (stuck["stuck"].looked_at, stuck["stuck"].found) == (1, ())
    assert [each.difference.kind for each in stuck["paid_not_credited"].found] == ["payment_not_credited"]


def invent_transaction(shop: Shop) -> str:
    """Have a document be found in Firestore that nobody but us should have written; give its path."""
    shop.buy("alice")
    shop.drain()
    database = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    path = "transactions/zzz-invented"
    database.document(path).set({"userId": shop.wallet("alice").document_id, "amount": 1}, timeout=10)
    database.close()
    checked("mirror")
    return path


def test_what_should_not_be_in_firestore_is_deleted_on_whichever_page_it_is(shop: Shop, monkeypatch):
    monkeypatch.setattr(limits, "SURPLUS_PAGE_DOCUMENTS", 1)
    invented = invent_transaction(shop)

    assert repaired("firestore_differs", shop).status == "repaired"

    assert shop.document(invented) is None
    assert checked("mirror")["mirror"].found == ()


def delete(path: str) -> None:
    database = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    database.document(path).delete(timeout=10)
    database.close()


def test_what_firestore_shows_rightly_again_is_gone(shop: Shop):
    delete(invent_transaction(shop))

    assert repaired("firestore_differs", shop).status == "gone"


def look_at_others() -> None:
    """Compare a sample in which no wallet is, since all have just had their turn."""
    last = "ffffffff-ffff-ffff-ffff-ffffffffffff"
    ScanProgress.objects.update_or_create(kind="wallet", defaults={"compared_to": last})
    checked("mirror", whole=False)


def test_a_sample_looks_again_at_what_differed_and_ends_what_does_not_any_more(shop: Shop):
    invented = invent_transaction(shop)

    look_at_others()

    row = Discrepancy.objects.get()
    assert (row.status, row.times_seen) == ("open", 2)
    delete(invented)
    wallet = str(shop.wallet("alice").account_id)
    waits = OutboxRow.objects.create(kind="wallet", subject_id=wallet, stale_since=later(), due_at=later())
    look_at_others()
    row.refresh_from_db()
    assert row.status == "open", "of which an intent waits, nobody can say"
    waits.delete()
    look_at_others()
    row.refresh_from_db()
    assert row.status == "gone"


def win_after_it_was_found(shop: Shop) -> None:
    """Have a dispute be found that is not recorded, and then be won; nothing is told of it."""
    intent = str(shop.buy("alice").stripe_payment_intent_id)
    shop.stripe.drop_next(count=100)
    disputed = shop.stripe.dispute(intent)
    checked("balance")
    shop.stripe.move_dispute(disputed["id"], "win")


def test_a_dispute_that_was_won_meanwhile_is_recorded_as_it_stands(shop: Shop):
    win_after_it_was_found(shop)

    assert repaired("dispute_not_recorded", shop).status == "repaired"

    assert Dispute.objects.get().status == "won"
    assert shop.wallet("alice").balance == 250
    assert checked("balance")["balance"].found == ()


def test_a_dispute_that_was_won_and_told_meanwhile_is_gone(shop: Shop):
    win_after_it_was_found(shop)
    checked("events", repairs=True)

    assert repaired("dispute_not_recorded", shop).status == "gone"
