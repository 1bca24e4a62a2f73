"""Refunds and disputes amid spends, settlements and one another, on real threads: each token goes back once."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from payments.errors import RefundNotPossible, RefundRefused, RefundTooLarge
from payments.kinds import RefundReason
from payments.models import InboxEvent, Purchase, Refund
from payments.services import inbox
from tests.support.refunds import start_refund
from tests.support.shop import Shop
from tests.support.staff import member
from tests.support.threads import race
from tokens.errors import InsufficientTokens
from tokens.kinds import PostedEntry, ServiceCall
from tokens.services import spending

ALL, PRICE = 250, 1499
SPENDERS = 16


def deliver(shop: Shop, *types: str) -> list[Callable[[], object]]:
    """Works that deliver each event of these types to us, each twice at once."""
    events = [event for name in types for event in shop.stripe.events(event_type=name)]
    return [partial(shop.stripe.duplicate, event["id"], 2) for event in events]


def handle_the_rest() -> None:
    """Do what a sweep does: events that met a purchase on its way wait for the next one."""
    later = timezone.now() + inbox.backoff(4)  # they were told four times at most
    while inbox.process_due_events(now=later):
        pass
    assert set(InboxEvent.objects.values_list("status", flat=True)) <= {"processed", "ignored"}


def spend(shop: Shop, tokens: int) -> PostedEntry:
    call = ServiceCall("renderer", str(uuid4()), "Because")
    return spending.spend(user_id=shop.customer("alice").id, amount=tokens, call=call, now=timezone.now())


def test_a_refund_amid_spends_takes_what_is_left_and_the_rest_is_owed(shop: Shop):
    purchase = shop.buy()
    shop.stripe.hold()
    shop.stripe.refund(purchase.stripe_payment_intent_id)

    spends: list[Callable[[], object]] = [partial(spend, shop, 10)] * SPENDERS
    answers = race([*spends, *deliver(shop, "refund.created", "charge.refunded")])

    spent = 10 * sum(isinstance(answer, PostedEntry) for answer in answers)
    refused = sum(isinstance(answer, InsufficientTokens) for answer in answers)
    assert spent + 10 * refused == 10 * SPENDERS
    assert (shop.wallet().balance, shop.wallet().debt) == (0, spent)


def test_settling_and_refunding_at_once_ends_with_nothing(shop: Shop):
    for _ in range(4):
        purchase = shop.start()
        shop.stripe.hold()
        paid = shop.stripe.pay(str(purchase.stripe_session_id))
        shop.stripe.refund(paid.session["payment_intent"])

        race(deliver(shop, "checkout.session.completed", "refund.created", "charge.refunded"))
        shop.stripe.drop_held()
        handle_the_rest()

        purchase.refresh_from_db()
        assert (purchase.status, purchase.reversal) == ("settled", "full")
        assert (shop.wallet().balance, shop.wallet().debt) == (0, 0)


def test_a_disputes_whole_life_told_at_once_ends_as_it_ended(shop: Shop):
    purchase = shop.buy()
    shop.stripe.hold()
    dispute = shop.stripe.dispute(purchase.stripe_payment_intent_id)
    for move in ("review", "win"):
        shop.stripe.move_dispute(dispute["id"], move)

    moves = ("created", "funds_withdrawn", "updated", "closed", "funds_reinstated")
    race(deliver(shop, *(f"charge.dispute.{move}" for move in moves)))
    handle_the_rest()

    purchase.refresh_from_db()
    assert purchase.reversal == "none"
    assert (shop.wallet().balance, shop.wallet().frozen) == (ALL, False)


@pytest.mark.parametrize("cents", [PRICE, 500])
def test_of_many_who_give_one_payment_back_no_more_goes_back_than_was_paid(shop: Shop, cents: int):
    purchase, dave = shop.buy(), member("dave", "payments.refund_purchase")

    def give_back() -> Refund:
        return start_refund(
            purchase_id=purchase.id,
            amount_cents=cents,
            reason=RefundReason.DUPLICATE,
            note="Twice.",
            idempotency_key=str(uuid4()),
            actor=dave,
            now=timezone.now(),
        )

    answers = race([give_back] * 8)
    shop.stripe.wait_until_idle(ignore_retries=True)

    made = [answer for answer in answers if isinstance(answer, Refund)]
    assert len(made) == PRICE // cents
    assert {type(answer) for answer in answers} <= {Refund, RefundTooLarge, RefundNotPossible, RefundRefused}
    assert Refund.objects.filter(status="succeeded").count() == len(made)
    assert Purchase.objects.get().reversal == ("full" if cents == PRICE else "partial")
    assert shop.wallet().balance == ALL - ALL * cents * len(made) // PRICE
