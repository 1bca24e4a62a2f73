"""Starting purchases: the row first, the session from the row."""

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from identity.models import User
from payments.errors import PaymentsUnavailable, PurchaseKeyReused, PurchaseNotFound
from payments.kinds import PurchaseStatus
from payments.limits import RESUME_WINDOW, SESSION_LIFETIME, SWEEP_GRACE
from payments.models import PackagePublication, Purchase, StripeCustomer
from payments.queries.purchases import purchase_by_session, purchase_of, purchases_of, stuck_count
from payments.services import purchases, sweeps
from payments.services.catalogue import publish_package, retire_package
from payments.services.checkout import ask_stripe
from security.errors import PurchasesBlocked
from security.kinds import OverrideKind
from security.services.overrides import grant_override, revoke_override
from tests.support.freezing import freeze, unfreeze
from tests.support.shop import Shop
from tokens.errors import AccountFrozen, PackageNotFound, PackageNotOnSale
from tokens.kinds import PackageTerms
from tokens.queries.wallets import wallet_of


def test_a_session_carries_what_refunds_and_disputes_will_lead_back_by(counter: Shop):
    purchase = counter.start("alice", "pro")

    session = counter.stripe.object(str(purchase.stripe_session_id))
    expected = {
        "purchase_id": str(purchase.id),
        "package": "pro",
        "tokens": "500",
        "bonus": "100",
        "user_id": str(purchase.buyer_id),
        "uid": purchase.wallet_document_id,
    }
    assert session["client_reference_id"] == str(purchase.id)
    assert session["metadata"] == expected
    assert (session["amount_total"], session["currency"]) == (2999, "usd")
    assert (
        session["customer"] == purchase.stripe_customer_id == StripeCustomer.objects.get().stripe_customer_id
    )
    assert session["expires_at"] == int(purchase.expires_at.timestamp())
    assert purchase.expires_at - purchase.started_at == SESSION_LIFETIME
    assert session["success_url"].endswith("/checkout/success?session_id={CHECKOUT_SESSION_ID}")
    assert session["cancel_url"].endswith(f"/checkout/cancel?purchase={purchase.id}")
    assert str(purchase) == f"pro {purchase.id}"
    assert purchase.total_tokens == 600
    counter.stripe.pay(str(purchase.stripe_session_id))
    intent = counter.stripe.object(counter.stripe.object(str(purchase.stripe_session_id))["payment_intent"])
    assert intent["metadata"] == expected


def test_the_same_key_is_the_same_purchase_and_another_package_is_refused(counter: Shop):
    first = counter.start("alice", "basic", key="k")
    requests = counter.stripe.requests().total

    again = counter.start("alice", "basic", key="k")
    with pytest.raises(PurchaseKeyReused):
        counter.start("alice", "pro", key="k")

    assert again.id == first.id
    assert again.checkout_url == first.checkout_url
    assert (Purchase.objects.count(), counter.stripe.requests().total) == (1, requests)
    assert counter.start("bob", "pro", key="k").id != first.id


def test_a_second_purchase_uses_the_same_customer_at_stripe(counter: Shop):
    counter.start("alice", "basic")
    counter.start("alice", "pro")

    assert counter.stripe.requests().by_path["POST /v1/customers"] == 1


@pytest.mark.parametrize(
    ("package", "refusal"), [("golden", PackageNotFound), ("", PackageNotFound), ("basic", PackageNotOnSale)]
)
def test_what_is_not_sold_cannot_be_bought(counter: Shop, package: str, refusal: type[Exception]):
    retire_package(code="basic", actor=SYSTEM_ACTOR, now=timezone.now())
    counter.stripe.forget_requests()

    with pytest.raises(refusal):
        counter.start("alice", package)

    assert (Purchase.objects.count(), counter.stripe.requests().total) == (0, 0)


def test_a_package_without_a_price_at_stripe_is_not_sold(counter: Shop):
    PackagePublication.objects.filter(package_id="basic").delete()

    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic")

    assert not Purchase.objects.exists()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_while_stripe_fails_the_purchase_waits_and_the_same_key_resumes_it(counter: Shop, status: int):
    counter.stripe.fail_next(10, status=status, method="POST", path="/v1/checkout/*")
    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic", key="k")
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.stripe_session_id) == (PurchaseStatus.STARTED, None)

    counter.stripe.stop_failing()
    resumed = counter.start("alice", "basic", key="k")

    assert (resumed.id, resumed.status) == (purchase.id, PurchaseStatus.OPEN)


def test_a_session_that_stripe_refuses_fails_the_purchase_and_says_why(counter: Shop):
    publication = PackagePublication.objects.get(package_id="basic", withdrawn_at=None)
    counter.stripe.edit(publication.stripe_price_id, active=False)

    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic", key="k")

    purchase = Purchase.objects.get()
    assert purchase.status == PurchaseStatus.FAILED
    assert purchase.failure_code
    assert purchase.closed_at is not None


def test_a_start_that_is_resumed_too_late_has_expired(counter: Shop):
    counter.stripe.fail_next(10, status=500, method="POST", path="/v1/checkout/*")
    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic", key="k")
    counter.stripe.stop_failing()
    Purchase.objects.update(started_at=timezone.now() - RESUME_WINDOW - timedelta(minutes=1))

    assert counter.start("alice", "basic", key="k").status == PurchaseStatus.EXPIRED
    assert counter.stripe.requests().by_path["POST /v1/checkout/sessions"] == 2


def test_a_person_made_at_the_command_line_gets_a_wallet_when_they_buy(counter: Shop):
    admin = User.objects.create_superuser("root@example.com", "x")
    counter.people["root"] = admin

    counter.start("root", "basic")

    assert wallet_of(admin.id).document_id == str(admin.id)


def test_a_purchase_keeps_the_terms_it_was_made_with(counter: Shop):
    purchase = counter.start("alice", "basic")
    terms = PackageTerms("Basic", "", 10, 0, 9900)
    publish_package(code="basic", terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())

    counter.stripe.pay(str(purchase.stripe_session_id))
    ask_stripe(session_id=str(purchase.stripe_session_id), now=timezone.now())

    purchase.refresh_from_db()
    assert (purchase.status, purchase.price_cents) == (PurchaseStatus.SETTLED, 1499)
    assert counter.wallet("alice").balance == 250
    assert counter.start("bob", "basic").price_cents == 9900


def test_only_the_buyer_cancels(counter: Shop):
    purchase = counter.start("alice", "basic")

    for buyer_id, purchase_id in ((counter.customer("bob").id, purchase.id), (purchase.buyer_id, uuid4())):
        with pytest.raises(PurchaseNotFound):
            purchases.cancel_purchase(buyer_id=buyer_id, purchase_id=purchase_id, now=timezone.now())

    purchase.refresh_from_db()
    assert (purchase.status, purchase.cancel_requested_at) == (PurchaseStatus.OPEN, None)


def test_canceling_what_has_ended_changes_nothing(counter: Shop):
    purchase = counter.start("alice", "basic")
    cancel = partial(
        purchases.cancel_purchase, buyer_id=purchase.buyer_id, purchase_id=purchase.id, now=timezone.now()
    )
    cancel()
    counter.stripe.forget_requests()

    assert cancel().status == PurchaseStatus.CANCELED
    assert counter.stripe.requests().total == 0


def test_customers_find_their_own_purchases_only(counter: Shop):
    mine, other = counter.start("alice", "basic"), counter.start("bob", "basic")
    alice = mine.buyer_id

    assert [purchase.id for purchase in purchases_of(alice)] == [mine.id]
    assert purchase_of(buyer_id=alice, purchase_id=mine.id).id == mine.id
    assert purchase_by_session(buyer_id=alice, session_id=str(mine.stripe_session_id)).id == mine.id
    with pytest.raises(PurchaseNotFound):
        purchase_of(buyer_id=alice, purchase_id=other.id)
    with pytest.raises(PurchaseNotFound):
        purchase_by_session(buyer_id=alice, session_id=str(other.stripe_session_id))


def test_the_sweep_expires_what_never_got_a_session(counter: Shop):
    counter.stripe.fail_next(10, status=500, method="POST", path="/v1/checkout/*")
    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic")
    counter.stripe.stop_failing()
    now = timezone.now() + SESSION_LIFETIME + 3 * SWEEP_GRACE
    assert stuck_count(now=now) == 1

    sweeps.sweep_purchases(now=now)

    assert Purchase.objects.get().status == PurchaseStatus.EXPIRED
    assert stuck_count(now=now) == 0


def test_the_sweep_goes_on_when_stripe_does_not_know_a_session(counter: Shop):
    lost, paid = counter.start("alice", "basic"), counter.start("bob", "basic")
    Purchase.objects.filter(id=lost.id).update(stripe_session_id="cs_test_lost")
    counter.stripe.pay(str(paid.stripe_session_id))

    sweeps.sweep_purchases(now=timezone.now() + SESSION_LIFETIME + SWEEP_GRACE)

    lost.refresh_from_db()
    paid.refresh_from_db()
    assert (lost.status, paid.status) == (PurchaseStatus.OPEN, PurchaseStatus.SETTLED)


def test_a_purchase_id_is_ordered_by_time(counter: Shop):
    first, second = counter.start("alice", "basic"), counter.start("alice", "basic")

    assert isinstance(first.id, UUID)
    assert first.id < second.id


def test_a_customer_deleted_at_stripe_is_replaced(counter: Shop):
    counter.start("alice", "basic")
    StripeCustomer.objects.update(stripe_customer_id="cus_gone")

    purchase = counter.start("alice", "pro")

    assert purchase.status == PurchaseStatus.OPEN
    assert purchase.stripe_customer_id == StripeCustomer.objects.get().stripe_customer_id != "cus_gone"
    session = counter.stripe.object(str(purchase.stripe_session_id))
    assert session["customer"] == purchase.stripe_customer_id


def test_a_refusal_says_when_to_come_back(counter: Shop):
    counter.stripe.fail_next(10, status=500, method="POST", path="/v1/checkout/*")

    with pytest.raises(PaymentsUnavailable) as refusal:
        counter.start("alice", "basic")

    assert refusal.value.retry_after_seconds


def test_a_frozen_wallet_buys_nothing(counter: Shop):
    freeze(counter.customer("alice"))
    with pytest.raises(AccountFrozen):
        counter.start("alice", "basic")
    assert not Purchase.objects.exists()

    unfreeze(counter.customer("alice"))
    assert counter.start("alice", "basic").status == PurchaseStatus.OPEN


def test_a_start_that_was_interrupted_is_not_resumed_while_the_wallet_is_frozen(counter: Shop):
    counter.stripe.fail_next(10, status=500, method="POST", path="/v1/checkout/*")
    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic", key="k")
    counter.stripe.stop_failing()
    asked = counter.stripe.requests().by_path["POST /v1/checkout/sessions"]
    freeze(counter.customer("alice"))

    with pytest.raises(AccountFrozen):
        counter.start("alice", "basic", key="k")

    assert counter.stripe.requests().by_path["POST /v1/checkout/sessions"] == asked
    assert Purchase.objects.get().status == PurchaseStatus.STARTED


def test_a_start_that_was_interrupted_is_not_resumed_while_the_customer_is_blocked(counter: Shop):
    counter.stripe.fail_next(10, status=500, method="POST", path="/v1/checkout/*")
    with pytest.raises(PaymentsUnavailable):
        counter.start("alice", "basic", key="k")
    counter.stripe.stop_failing()
    asked = counter.stripe.requests().by_path["POST /v1/checkout/sessions"]
    now = timezone.now()
    override = grant_override(
        user_id=counter.customer("alice").id,
        kind=OverrideKind.BLOCKED,
        reason="Stolen cards.",
        ends_at=now + timedelta(hours=1),
        actor=SYSTEM_ACTOR,
        now=now,
    )

    with pytest.raises(PurchasesBlocked):
        counter.start("alice", "basic", key="k")

    assert counter.stripe.requests().by_path["POST /v1/checkout/sessions"] == asked
    assert Purchase.objects.get().status == PurchaseStatus.STARTED
    revoke_override(override_id=override.id, actor=SYSTEM_ACTOR, now=timezone.now())
    assert counter.start("alice", "basic", key="k").status == PurchaseStatus.OPEN
