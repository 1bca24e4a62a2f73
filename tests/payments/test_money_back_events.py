"""What Stripe says of money that goes back, read as it may come; and events of payments that are not ours."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.gateways.stripe_refunds import dispute_facts, refund_facts
from payments.kinds import DisputeStatus, InboxStatus, Outcome, RefundStatus
from payments.limits import INBOX_TRIES_MAX
from payments.models import Dispute, InboxEvent, Purchase, Refund
from payments.queries import inbox as inbox_queries
from payments.queries.integrity import find_reversal_mismatches
from payments.services import events, inbox
from security.models import Alert
from tests.support.database import as_owner
from tests.support.shop import Shop
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["shop", "stripe_sandbox"]

REFUND: dict[str, Any] = {
    "id": "re_1",
    "payment_intent": "pi_1",
    "amount": 500,
    "currency": "usd",
    "status": "succeeded",
    "created": 1_700_000_000,
}
DISPUTE: dict[str, Any] = {
    "id": "du_1",
    "charge": "ch_1",
    "payment_intent": "pi_1",
    "amount": 500,
    "currency": "usd",
    "status": "needs_response",
    "created": 1_700_000_000,
}
NONSENSE = [
    {"id": None},
    {"payment_intent": None},
    {"amount": None},
    {"amount": -1},
    {"amount": True},
    {"amount": 2**40},
    {"amount": "500"},
    {"created": "now"},
    {"status": "on_holiday"},
    {"status": None},
]


@pytest.mark.parametrize("wrong", NONSENSE, ids=str)
@pytest.mark.django_db
def test_what_is_no_refund_or_dispute_is_ignored(wrong: dict[str, Any]):
    now = timezone.now()
    for event_type, thing in (("refund.created", REFUND), ("charge.dispute.created", DISPUTE)):
        assert events.handle(event_type=event_type, data=thing | wrong, now=now) is Outcome.IGNORED


@pytest.mark.parametrize(
    ("event_type", "thing"),
    [
        ("charge.refunded", {"payment_intent": None, "amount_refunded": 1}),
        ("charge.refunded", {"payment_intent": "pi_1", "amount_refunded": None}),
        ("charge.refunded", {"payment_intent": "pi_1", "amount_refunded": -1}),
        ("radar.early_fraud_warning.created", {"id": "issfr_1", "payment_intent": None}),
        ("radar.early_fraud_warning.created", {"id": None, "payment_intent": "pi_1"}),
    ],
)
@pytest.mark.django_db
def test_what_names_no_payment_is_ignored(event_type: str, thing: dict[str, Any]):
    assert events.handle(event_type=event_type, data=thing, now=timezone.now()) is Outcome.IGNORED


def test_an_intent_may_come_whole_and_metadata_may_be_anything():
    facts = refund_facts(
        REFUND
        | {"payment_intent": {"id": "pi_2"}, "metadata": {"refund_id": "none"}, "status": "requires_action"}
    )

    assert facts is not None
    assert (facts.payment_intent_id, facts.refund_id, facts.status) == ("pi_2", None, RefundStatus.PENDING)
    assert refund_facts(REFUND | {"reason": "expired_uncaptured_charge"}).reason == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("moved", "movements", "is_withheld"),
    [
        (None, 0, False),
        ([], 0, False),
        ([{"amount": -1499}], 1, True),
        ([{"amount": -1499}, {"amount": 1480}], 2, False),
        (["txn_1", {"amount": 0}, {"amount": None}, {"amount": -5}], 1, True),
    ],
)
def test_only_the_signs_of_a_disputes_movements_count(moved: object, movements: int, is_withheld: bool):
    facts = dispute_facts(DISPUTE | {"balance_transactions": moved, "evidence_details": {"due_by": 5}})

    assert facts is not None
    assert (facts.movements, facts.is_withheld) == (movements, is_withheld)
    assert facts.evidence_due_at is not None
    assert facts.status is DisputeStatus.NEEDS_RESPONSE


@pytest.mark.parametrize("order", [1, -1], ids=["in-order", "reversed"])
def test_events_without_movements_tell_them_by_their_names(shop: Shop, order: int):
    purchase = shop.buy()
    thing = DISPUTE | {"payment_intent": purchase.stripe_payment_intent_id, "amount": 1499}
    told: list[tuple[str, dict[str, Any]]] = [
        ("charge.dispute.created", {}),
        ("charge.dispute.funds_withdrawn", {}),
    ]
    for event_type, more in told[::order]:
        events.handle(event_type=event_type, data=thing | more, now=timezone.now())
    assert (shop.wallet().balance, shop.wallet().frozen) == (0, True)

    told = [("charge.dispute.closed", {"status": "won"}), ("charge.dispute.funds_reinstated", {})]
    for event_type, more in told[::order]:
        events.handle(event_type=event_type, data=thing | more, now=timezone.now())
    assert (shop.wallet().balance, shop.wallet().frozen) == (250, False)


def test_a_dispute_in_another_currency_is_one_of_all(shop: Shop):
    purchase = shop.buy()
    thing = DISPUTE | {"payment_intent": purchase.stripe_payment_intent_id, "currency": "eur"}

    events.handle(event_type="charge.dispute.funds_withdrawn", data=thing, now=timezone.now())

    assert shop.wallet().balance == 0


def test_events_of_somebody_elses_payment_are_ignored_in_the_end_and_nobody_is_told(shop: Shop):
    purchase = shop.buy()
    for name, thing in (("refund.created", REFUND), ("charge.dispute.created", DISPUTE)):
        shop.stripe.emit(name, {"object": name.split(".")[0], **thing})
    shop.stripe.wait_until_idle(ignore_retries=True)
    strangers = InboxEvent.objects.filter(error_code="payment_not_settled")
    assert set(strangers.values_list("status", "attempts")) == {(InboxStatus.FAILED, 1)}
    assert (inbox_queries.backlog(), inbox_queries.lag_seconds(timezone.now())) == (0, 0.0)

    later = timezone.now()
    for _ in range(INBOX_TRIES_MAX):
        later += timedelta(hours=7)
        inbox.process_due_events(now=later)

    assert set(strangers.values_list("status", "due_at")) == {(InboxStatus.IGNORED, None)}
    assert not Alert.objects.exists()
    assert not Refund.objects.exists()
    assert not Dispute.objects.exists()
    purchase.refresh_from_db()
    assert purchase.reversal == "none"


def test_an_event_that_was_given_up_is_called_back_when_its_payment_is_settled_after_all(shop: Shop):
    purchase = shop.start()
    shop.stripe.hold("checkout.*")
    intent = shop.stripe.pay(str(purchase.stripe_session_id)).session["payment_intent"]
    shop.stripe.refund(intent)
    shop.stripe.wait_until_idle(ignore_retries=True)
    early = InboxEvent.objects.filter(error_code="payment_not_settled")
    assert early.count() == 2
    early.update(status=InboxStatus.IGNORED, due_at=None)

    shop.stripe.release("checkout.*")
    inbox.process_due_events(now=timezone.now())

    purchase.refresh_from_db()
    assert (purchase.status, purchase.reversal) == ("settled", "full")
    assert shop.wallet().balance == 0


def test_what_was_reversed_otherwise_than_it_was_told_is_found(shop: Shop):
    purchase = shop.buy()
    stray, other = shop.buy(), shop.buy()
    for each in (purchase, stray):
        shop.stripe.refund(each.stripe_payment_intent_id)
    shop.stripe.wait_until_idle(ignore_retries=True)
    assert find_reversal_mismatches() == []

    with as_owner():
        Refund.objects.filter(purchase=purchase).update(amount_cents=500)
        Purchase.objects.update(charge_refunded_cents=0)
        Purchase.objects.filter(id=stray.id).update(reversal="none")
        Refund.objects.filter(purchase=stray).delete()
        Purchase.objects.filter(id=other.id).update(reversal="lost")
    found = find_reversal_mismatches()

    assert {line.split(":")[0] for line in found} == {
        f"purchase {each.id}" for each in (purchase, stray, other)
    }
    with as_owner():
        refund = Refund.objects.get()
        Refund.objects.update(amount_cents=1499)
        Refund.objects.create(
            purchase=stray,
            stripe_refund_id="re_again",
            amount_cents=1499,
            currency="usd",
            status="succeeded",
            created_at=refund.created_at,
        )
        Purchase.objects.filter(id=stray.id).update(reversal="full")
        Purchase.objects.filter(id=other.id).update(reversal="none")
