"""The product as processes, while what it needs goes away and its own processes die.

Whatever happens, a payment is one credit, and Firestore comes to show it, in order.
"""

import statistics
import time

import pytest
from django.db import transaction
from django.utils import timezone

from mirror.models import MirroredSubject, OutboxRow
from payments.kinds import PurchaseStatus
from payments.models import InboxEvent, Purchase
from sandbox.stripe.client import Attempt
from tests.support.customer import Customer, Enter
from tests.support.database import as_owner, somebody_waits_for_a_lock
from tests.support.firestore_proxy import Fault
from tests.support.product import Product, wait_for
from tests.support.shop import Shop
from tokens.models import Entry, Posting

PAID = "checkout.session.completed"
ANSWER_SECONDS_MAX = 2.0
PAGES = (
    "/",
    "/buy-tokens",
    "/wallet",
    "/api/tokens/packages",
    "/api/tokens/balance",
    "/api/tokens/transactions",
    "/api/tokens/purchases",
    "/healthz",
    "/readyz",
)


def wait_until_mirrored() -> None:
    """By a worker that was woken, or by the timetable's sweep."""
    wait_for(lambda: not OutboxRow.objects.exists(), what="the outbox is empty")


def attempts_to_tell(shop: Shop, purchase: Purchase) -> list[Attempt]:
    """Stripe's tries to tell us that this purchase is paid."""
    (event,) = shop.stripe.events(about=purchase.stripe_session_id, event_type=PAID)
    return [
        attempt for delivery in shop.stripe.deliveries(event=event["id"]) for attempt in delivery.attempts
    ]


def assert_told_at_once(shop: Shop, purchase: Purchase) -> None:
    """The first try was answered 200, quickly, and left the purchase settled."""
    (attempt,) = attempts_to_tell(shop, purchase)
    assert attempt.status == 200
    assert attempt.seconds < ANSWER_SECONDS_MAX
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED


def assert_settled_once(customer: Customer, purchase: Purchase) -> None:
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    assert (customer.wallet.balance, customer.wallet.seq) == (250, 1)
    assert Entry.objects.count() == 1


def assert_mirrored(shop: Shop, customer: Customer) -> None:
    """Firestore shows the wallet as it is, and a document for each of its entries."""
    wallet = customer.wallet
    document = shop.document(f"users/{wallet.document_id}")
    assert document is not None
    assert (document["tokenBalance"], document["ledgerSeq"], document["walletVersion"]) == (
        wallet.balance,
        wallet.seq,
        wallet.version,
    )
    for posting in Posting.objects.filter(account_id=wallet.account_id):
        entry = shop.document(f"transactions/{posting.entry_id}")
        assert entry is not None
        assert (entry["userId"], entry["amount"], entry["balanceAfter"], entry["seq"]) == (
            wallet.document_id,
            posting.amount,
            posting.balance_after,
            posting.seq,
        )


def assert_all_have_lived(product: Product) -> None:
    """No process has ended, nor been started again."""
    assert {part.name: (part.starts, part.is_running) for part in product.parts} == dict.fromkeys(
        ("web", "worker", "beat"), (1, True)
    )


def test_a_payment_shows_in_firestore_within_two_seconds(product: Product, running_shop: Shop, enter: Enter):
    """No timetable runs, so that only the wake-up after the commit can do it."""
    alice = enter("alice")
    seconds = []
    with alice.watching() as sights:
        for number in range(1, 6):
            purchase = alice.start("starter")
            running_shop.stripe.pay(str(purchase.stripe_session_id))
            paid_at = time.monotonic()
            seconds.append(sights.wait_for(50 * number).at - paid_at)
        sights.check(alice.wallet)
    assert statistics.median(seconds) < ANSWER_SECONDS_MAX, seconds
    assert_mirrored(running_shop, alice)


@pytest.mark.parametrize("outage", ["gone", "silent"])
def test_without_redis_payments_are_credited_and_pages_served_and_the_sweep_mirrors_later(
    product: Product, running_shop: Shop, enter: Enter, outage: str
):
    """Redis goes at a bad moment: a worker has a task in hand, and cannot say later that it is done."""
    product.start(product.beat)
    alice = enter("alice")
    first, second = alice.start("starter"), alice.start("basic")
    product.wake()
    wait_until_mirrored()
    product.firestore.mute()
    running_shop.pay(first)
    in_hand = OutboxRow.objects.filter(subject_id=str(alice.wallet.account_id), leased_until__isnull=False)
    wait_for(in_hand.exists, what="a worker has the wallet in hand")
    product.redis.mute() if outage == "silent" else product.redis.stop()

    running_shop.pay(second)

    assert_told_at_once(running_shop, second)
    assert {path: alice.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)
    assert "300" in alice.get("/wallet").text
    refused = alice.post_purchase("pro")
    assert (refused.status_code, refused.json()["code"]) == (503, "payments_unavailable"), "nothing counts"
    put_off = OutboxRow.objects.filter(kind="wallet", attempts__gte=1)
    wait_for(put_off.exists, what="the worker has given up waiting for Firestore")
    wallet = running_shop.document(f"users/{alice.wallet.document_id}")
    assert wallet is not None
    assert wallet["tokenBalance"] == 0

    product.bring_back()

    wait_until_mirrored()
    assert_mirrored(running_shop, alice)
    assert_all_have_lived(product)


def test_without_firestore_payments_are_credited_at_once_and_all_is_shown_in_order_afterwards(
    product: Product, running_shop: Shop, enter: Enter
):
    product.start(product.beat)
    alice, bob = enter("alice"), enter("bob")
    product.wake()
    wait_until_mirrored()
    with alice.watching() as seen_by_alice, bob.watching() as seen_by_bob:
        seen_by_alice.wait_for(0)
        product.firestore.stop()
        for customer, package in [
            (alice, "basic"),
            (bob, "pro"),
            (alice, "starter"),
            (bob, "basic"),
            (alice, "pro"),
        ]:
            purchase = customer.start(package)
            running_shop.pay(purchase)
            assert_told_at_once(running_shop, purchase)
        assert (alice.wallet.balance, bob.wallet.balance) == (900, 850)
        tried_again = OutboxRow.objects.filter(kind="wallet", attempts__gte=2)
        wait_for(lambda: tried_again.count() == 2, what="the outage has lasted over two tries")
        assert (seen_by_alice.balances, seen_by_bob.balances) == ([0], [0])

        product.firestore.start()

        seen_by_alice.wait_for(900)
        seen_by_bob.wait_for(850)
        wait_until_mirrored()
        seen_by_alice.check(alice.wallet)
        seen_by_bob.check(bob.wallet)
    assert not OutboxRow.objects.filter(parked_at__isnull=False).exists()
    for customer in (alice, bob):
        assert_mirrored(running_shop, customer)


def test_a_worker_that_is_dead_when_a_payment_comes_mirrors_it_when_it_lives_again(
    product: Product, running_shop: Shop, enter: Enter
):
    alice = enter("alice")
    purchase = alice.start()
    product.wake()
    wait_until_mirrored()
    product.worker.kill()

    running_shop.pay(purchase)

    assert_told_at_once(running_shop, purchase)
    assert OutboxRow.objects.filter(subject_id=str(alice.wallet.account_id)).exists()
    product.start(product.worker)
    wait_until_mirrored()
    assert_mirrored(running_shop, alice)


@pytest.mark.parametrize("method", ["BatchGetDocuments", "Commit"])
def test_a_worker_killed_while_it_delivers_is_replaced_and_firestore_shows_the_credit_once(
    product: Product, running_shop: Shop, enter: Enter, method: str
):
    """It dies waiting for Firestore's answer to this call; a commit has taken effect by then."""
    product.start(product.beat)
    alice = enter("alice")
    purchase = alice.start()
    product.wake()
    wait_until_mirrored()
    before = len(product.firestore_calls.commits)
    product.firestore_calls.plan(method, Fault(mute=True))
    product.firestore_calls.calls.clear()
    with alice.watching() as sights:
        running_shop.pay(purchase)
        wait_for(lambda: method in product.firestore_calls.calls, what=f"the worker calls {method}")
        if method == "Commit":
            sights.wait_for(250)

        product.worker.kill()

        (row,) = OutboxRow.objects.filter(subject_id=str(alice.wallet.account_id))
        assert row.leased_until is not None
        with as_owner():  # instead of waiting for the lease to run out
            OutboxRow.objects.update(leased_until=timezone.now())
        product.start(product.worker)
        wait_until_mirrored()
        sights.wait_for(250)
        sights.check(alice.wallet)
    assert len(product.firestore_calls.commits) == before + 1
    assert (
        MirroredSubject.objects.get(subject_id=str(alice.wallet.account_id)).version == alice.wallet.version
    )
    assert_mirrored(running_shop, alice)


def test_the_web_process_killed_after_the_commit_and_before_the_answer_credits_once(
    product: Product, running_shop: Shop, enter: Enter
):
    alice = enter("alice")
    purchase = alice.start()
    product.front.mute()
    running_shop.stripe.pay(str(purchase.stripe_session_id))
    settled = Purchase.objects.filter(id=purchase.id, status=PurchaseStatus.SETTLED)
    wait_for(settled.exists, what="the purchase is settled")

    product.web.kill()
    product.front.stop()
    product.front.start()
    product.start(product.web)

    running_shop.stripe.wait_until_idle(30)
    statuses = [attempt.status for attempt in attempts_to_tell(running_shop, purchase)]
    assert statuses[0] is None
    assert statuses[-1] == 200
    assert InboxEvent.objects.get(type=PAID).deliveries > 1
    assert_settled_once(alice, purchase)
    wait_until_mirrored()
    assert_mirrored(running_shop, alice)


def test_the_web_process_killed_within_its_transaction_leaves_nothing_and_the_retry_credits(
    product: Product, running_shop: Shop, enter: Enter
):
    alice = enter("alice")
    purchase = alice.start()
    with transaction.atomic():
        Purchase.objects.select_for_update().get(id=purchase.id)
        running_shop.stripe.pay(str(purchase.stripe_session_id))
        wait_for(somebody_waits_for_a_lock, what="the webhook waits for the purchase")
        product.web.kill()
    product.worker.kill()
    wait_for(product.has_left_database, what="what the dead had begun is rolled back")
    assert not InboxEvent.objects.filter(type=PAID).exists()
    assert not Entry.objects.exists()

    product.start(product.web, product.worker)

    running_shop.stripe.wait_until_idle(30)
    assert attempts_to_tell(running_shop, purchase)[-1].status == 200
    assert_settled_once(alice, purchase)
    wait_until_mirrored()
    assert_mirrored(running_shop, alice)
