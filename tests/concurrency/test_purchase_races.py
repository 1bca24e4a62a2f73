"""Many ways to one purchase at once: one session, one credit, one price."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import stripe
from django.conf import settings
from django.utils import timezone

from foundation.errors import Refusal
from identity.kinds import SYSTEM_ACTOR
from payments.errors import PaymentsUnavailable
from payments.kinds import PurchaseStatus
from payments.limits import SWEEP_GRACE
from payments.management.commands.seed_catalog import PACKAGES
from payments.models import InboxEvent, PackagePublication, Purchase, StripeCustomer
from payments.services import inbox, sweeps
from payments.services.catalogue import publish_package
from payments.services.checkout import ask_stripe, refresh_from_stripe
from payments.services.purchases import cancel_purchase
from sandbox.stripe.client import SandboxRefused
from tests.support.database import as_owner
from tests.support.exceptions import grant
from tests.support.shop import Shop
from tests.support.threads import race
from tokens.models import Entry, Package

PAID = "checkout.session.completed"
BUYERS = 12
PUBLISHERS = 8
BASIC = PACKAGES["basic"]


def paid_but_not_told(shop: Shop) -> tuple[Purchase, str]:
    """A purchase that is paid at Stripe, whose event is held back."""
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    return purchase, shop.stripe.events(event_type=PAID)[0]["id"]


def after_its_session(purchase: Purchase) -> object:
    """Sweep, at a time when the purchase's session is over."""
    return sweeps.sweep_purchases(now=purchase.expires_at + SWEEP_GRACE)


def come_back(purchase: Purchase, seconds: int) -> None:
    """Come back from Stripe's page, so long after the others that Stripe may be asked again."""
    refresh_from_stripe(
        buyer_id=purchase.buyer_id,
        session_id=str(purchase.stripe_session_id),
        now=timezone.now() + timedelta(seconds=seconds),
    )


def test_webhooks_success_page_and_sweep_settle_a_purchase_once(shop: Shop):
    purchase, event = paid_but_not_told(shop)
    other = shop.stripe.resend(event)["id"]
    works: list[Callable[[], object]] = [
        lambda: shop.stripe.duplicate(event, times=4),
        lambda: shop.stripe.duplicate(other, times=4),
        partial(come_back, purchase, 10),
        partial(come_back, purchase, 20),
        lambda: after_its_session(purchase),
        lambda: after_its_session(purchase),
        lambda: ask_stripe(session_id=str(purchase.stripe_session_id), now=timezone.now()),
    ]

    answers = race(works)

    assert answers[:2] == [[200] * 4] * 2
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert (shop.wallet("alice").balance, shop.wallet("alice").seq) == (250, 1)
    assert Entry.objects.count() == 1
    assert set(InboxEvent.objects.filter(type=PAID).values_list("status", flat=True)) == {"processed"}


def test_events_that_failed_are_settled_once_by_eight_sweeps(shop: Shop):
    """The purchase was not there when they came, as after a restore; its row is given back as it was."""
    purchase, event = paid_but_not_told(shop)
    with as_owner():
        Purchase.objects.filter(id=purchase.id).delete()
    for told in [event, *[shop.stripe.resend(event)["id"] for _ in range(3)]]:
        assert shop.stripe.duplicate(told) == [200]
    assert set(InboxEvent.objects.filter(type=PAID).values_list("status", flat=True)) == {"failed"}
    purchase.save(force_insert=True)
    later = timezone.now() + timedelta(minutes=1)

    race([lambda: inbox.process_due_events(now=later)] * 8)

    assert (shop.wallet("alice").balance, Entry.objects.count()) == (250, 1)
    assert set(InboxEvent.objects.filter(type=PAID).values_list("status", flat=True)) == {"processed"}


def test_paying_and_canceling_at_once_end_in_one_of_the_two(shop: Shop):
    for _ in range(4):
        purchase = shop.start("alice", "basic")
        cancel = partial(
            cancel_purchase, buyer_id=purchase.buyer_id, purchase_id=purchase.id, now=timezone.now()
        )
        before = shop.wallet("alice").balance

        works: list[Callable[[], object]] = [
            partial(_try_to_pay, shop, str(purchase.stripe_session_id)),
            cancel,
            cancel,
        ]
        race(works)

        shop.stripe.wait_until_idle(ignore_retries=True)
        purchase.refresh_from_db()
        paid = shop.stripe.object(str(purchase.stripe_session_id))["payment_status"] == "paid"
        assert purchase.status == (PurchaseStatus.SETTLED if paid else PurchaseStatus.CANCELED)
        assert shop.wallet("alice").balance - before == (250 if paid else 0)


def _try_to_pay(shop: Shop, session_id: str) -> object:
    try:
        return shop.stripe.pay(session_id)
    except SandboxRefused:
        return None


def test_one_key_used_by_twelve_at_once_is_one_purchase_with_one_session(counter: Shop):
    grant(counter.customer("alice"))
    counter.stripe.forget_requests()

    answers = race([lambda: counter.start("alice", "basic", key="once")] * BUYERS)

    purchase = Purchase.objects.get()
    assert purchase.status == PurchaseStatus.OPEN
    told = {(each.id, each.stripe_session_id, each.checkout_url) for each in _purchases(answers)}
    assert told == {(purchase.id, purchase.stripe_session_id, purchase.checkout_url)}
    assert len(_purchases(answers)) == BUYERS
    assert len(counter.stripe.events(event_type="customer.created")) == 1
    assert len(_sessions(counter)) == 1


def test_twelve_first_purchases_at_once_make_one_customer_at_stripe(counter: Shop):
    grant(counter.customer("alice"))

    answers = race([partial(counter.start, "alice", "basic", str(number)) for number in range(BUYERS)])

    purchases = _purchases(answers)
    assert len({purchase.stripe_session_id for purchase in purchases}) == BUYERS
    assert {purchase.stripe_customer_id for purchase in purchases} == {
        StripeCustomer.objects.get().stripe_customer_id
    }
    assert len(counter.stripe.events(event_type="customer.created")) == 1


def _sessions(shop: Shop) -> list[str]:
    """The sessions at Stripe."""
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    return [session.id for session in client.v1.checkout.sessions.list().data]


def _purchases(answers: list[Purchase | Refusal]) -> list[Purchase]:
    return [answer for answer in answers if isinstance(answer, Purchase)]


def publish(price_cents: int, tokens: int = BASIC.tokens) -> None:
    """Publish the package Basic at other terms."""
    publish_package(
        code="basic",
        terms=replace(BASIC, tokens=tokens, price_cents=price_cents),
        actor=SYSTEM_ACTOR,
        now=timezone.now(),
    )


def assert_one_price_in_force(shop: Shop) -> PackagePublication:
    """The package, our note of its price, and the price at Stripe say the same; no other price is for sale."""
    in_force = PackagePublication.objects.get(package_id="basic", withdrawn_at=None)
    package = Package.objects.get(code="basic")
    price = shop.stripe.object(in_force.stripe_price_id)
    assert package.price_cents == in_force.price_cents == price["unit_amount"]
    assert price["active"]
    withdrawn = PackagePublication.objects.filter(package_id="basic").exclude(withdrawn_at=None)
    assert not [each for each in withdrawn if shop.stripe.object(each.stripe_price_id)["active"]]
    return in_force


def test_two_prices_published_at_once_leave_one_in_force_and_the_package_costs_it(counter: Shop):
    for round_number in range(3):
        prices = [1600 + 100 * round_number, 1650 + 100 * round_number]

        race([partial(publish, price_cents=prices[number % 2]) for number in range(PUBLISHERS)])

        assert assert_one_price_in_force(counter).price_cents in prices


def test_one_price_published_by_eight_at_once_is_in_force_once(counter: Shop):
    race([partial(publish, price_cents=1777)] * PUBLISHERS)

    assert assert_one_price_in_force(counter).price_cents == 1777


def test_more_tokens_at_the_old_price_published_while_the_price_changes_leave_a_price_that_can_be_paid(
    counter: Shop,
):
    for number in range(5):
        old = Package.objects.get(code="basic").price_cents
        more = partial(publish, price_cents=old, tokens=300 + number)
        race([more, partial(publish, price_cents=old + 50)] * 3)

        assert_one_price_in_force(counter)
        purchase = counter.start("alice", "basic")
        assert counter.stripe.object(str(purchase.stripe_session_id))["amount_total"] == purchase.price_cents


def test_a_purchase_started_while_terms_change_has_old_terms_or_new_and_never_a_mixture(counter: Shop):
    grant(counter.customer("alice"))
    offers = {(200 + n, 1499 + n) for n in range(0, 60, 10)}

    def change() -> None:
        for tokens, price_cents in sorted(offers):
            publish(tokens=tokens, price_cents=price_cents)

    def buy() -> list[tuple[int, int]]:
        bought = []
        for _ in range(10):
            try:
                purchase = counter.start("alice", "basic")
            except PaymentsUnavailable:
                continue
            bought.append((purchase.tokens, purchase.price_cents))
        return bought

    answers = race([change, *[buy] * 4])

    bought = [terms for answer in answers if isinstance(answer, list) for terms in answer]
    assert bought
    assert set(bought) <= offers


def test_a_package_that_is_just_being_changed_is_not_sold_at_a_price_of_other_terms(counter: Shop):
    """What a purchase would see that read the package before a change and its price after it."""
    with as_owner():
        Package.objects.filter(code="basic").update(price_cents=9999)

    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic")

    assert not Purchase.objects.exists()
