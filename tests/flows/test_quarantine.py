"""A paid session that is not the purchase we made is never credited: it is quarantined, alerted, and visible."""

from typing import Any

import pytest
from django.utils import timezone

from payments.kinds import PurchaseStatus
from payments.models import InboxEvent, Purchase
from payments.services.checkout import refresh_from_stripe
from security.models import Alert
from tests.support.shop import Shop
from tokens.models import Entry


def pay_with(shop: Shop, purchase: Purchase, **changes: Any) -> None:
    """Have Stripe say that the session is paid, with something about it changed behind our back."""
    session_id = str(purchase.stripe_session_id)
    shop.stripe.hold()
    shop.stripe.pay(session_id)
    shop.stripe.drop_held()
    shop.stripe.release()
    session = {**shop.stripe.object(session_id), **changes}
    shop.stripe.emit("checkout.session.completed", session)
    shop.stripe.wait_until_idle(ignore_retries=True)
    purchase.refresh_from_db()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_total": 1498}, "amount_differs"),
        ({"amount_total": 1}, "amount_differs"),
        ({"amount_total": 1500}, "amount_differs"),
        ({"amount_total": None}, "amount_differs"),
        ({"currency": "jpy"}, "currency_differs"),
        ({"customer": "cus_somebodyelse"}, "customer_differs"),
        ({"customer": None}, "customer_differs"),
        ({"id": "cs_test_another"}, "session_differs"),
        ({"livemode": True}, "livemode_differs"),
        ({"payment_status": "no_payment_required"}, "nothing_was_paid"),
    ],
    ids=str,
)
def test_what_differs_from_the_frozen_terms_is_quarantined(shop: Shop, changes: dict[str, Any], reason: str):
    purchase = shop.start("alice", "basic")

    pay_with(shop, purchase, **changes)

    assert (purchase.status, purchase.quarantine_reason) == (PurchaseStatus.QUARANTINED, reason)
    assert purchase.closed_at is not None
    assert shop.wallet("alice").balance == 0
    assert not Entry.objects.exists()
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity) == ("purchase_quarantined", "high")
    assert alert.evidence["purchase_id"] == str(purchase.id)
    assert InboxEvent.objects.get(type="checkout.session.completed").outcome == "quarantined"


def test_another_package_in_the_metadata_is_quarantined(shop: Shop):
    purchase = shop.start("alice", "starter")
    metadata = {"purchase_id": str(purchase.id), "package": "premium", "tokens": "1000"}

    pay_with(shop, purchase, metadata=metadata)

    assert (purchase.status, purchase.quarantine_reason) == (PurchaseStatus.QUARANTINED, "package_differs")
    assert not Entry.objects.exists()


def test_a_quarantined_purchase_stays_so_whatever_is_told_again(shop: Shop):
    purchase = shop.start("alice", "basic")
    pay_with(shop, purchase, amount_total=1)

    shop.stripe.emit("checkout.session.completed", str(purchase.stripe_session_id))
    shop.stripe.emit("checkout.session.expired", str(purchase.stripe_session_id))
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.QUARANTINED
    assert Alert.objects.get().count == 3  # the same payment, told three times
    assert not Entry.objects.exists()


def test_a_second_paid_session_of_a_settled_purchase_credits_nothing_and_alerts(shop: Shop):
    purchase = shop.buy("alice", "basic")
    session = {**shop.stripe.object(str(purchase.stripe_session_id)), "id": "cs_test_second"}

    shop.stripe.emit("checkout.session.completed", session)
    shop.stripe.wait_until_idle(ignore_retries=True)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert shop.wallet("alice").balance == 250
    assert Alert.objects.get().evidence["reason"] == "session_differs"


def test_a_session_edited_at_stripe_does_not_credit_from_the_success_page_either(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    shop.stripe.edit(str(purchase.stripe_session_id), amount_total=1)

    refresh_from_stripe(
        buyer_id=purchase.buyer_id, session_id=str(purchase.stripe_session_id), now=timezone.now()
    )

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.QUARANTINED
    assert not Entry.objects.exists()


def test_a_second_paid_session_of_a_quarantined_purchase_is_an_alert_of_its_own(shop: Shop):
    purchase = shop.start("alice", "basic")
    session = shop.stripe.object(str(purchase.stripe_session_id))
    foreign = {**session, "id": "cs_test_foreign", "status": "complete", "payment_status": "paid"}
    shop.stripe.emit("checkout.session.completed", foreign)
    shop.stripe.wait_until_idle(ignore_retries=True)

    shop.pay(purchase)

    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.QUARANTINED
    told = {alert.evidence["stripe_session_id"] for alert in Alert.objects.all()}
    assert told == {"cs_test_foreign", purchase.stripe_session_id}
    assert not Entry.objects.exists()


def test_what_was_paid_for_no_tokens_is_quarantined(shop: Shop):
    purchase = shop.start("alice", "basic")
    Purchase.objects.filter(id=purchase.id).update(tokens=0, bonus_tokens=0)

    pay_with(shop, purchase)

    assert (purchase.status, purchase.quarantine_reason) == (
        PurchaseStatus.QUARANTINED,
        "no_tokens_were_sold",
    )
    assert not Entry.objects.exists()
    assert Alert.objects.get().evidence["reason"] == "no_tokens_were_sold"
