"""What tests need that break the product while people buy: buyers, impatience, and a judgement of all they did."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from google.cloud import firestore

from mirror.models import OutboxRow
from payments.models import Purchase
from sandbox.stripe.client import SandboxControls, StillDelivering
from tests.support.database import as_owner
from tests.support.firestore_proxy import FirestoreProxy
from tests.support.payments_judge import assert_all_credited_once
from tests.support.product import Product, wait_for
from tests.support.shop import Shop
from tests.support.shown import assert_existed_in_order, assert_shown

PAID = "checkout.session.completed"
NUDGE_SECONDS = 0.5
PEOPLE = tuple(f"buyer-{number}" for number in range(20))
PACKAGES = ("starter", "basic", "pro")


@dataclass
class Buyers:
    """Twenty people; three of them buy at a time, a different package each."""

    shop: Shop

    def pay(self, number: int) -> list[Purchase]:
        """Have the next three pay, without waiting for what Stripe tells us of it."""
        names = [PEOPLE[(number + step) % len(PEOPLE)] for step in (0, 7, 14)]
        bought = [self.shop.start(name, package) for name, package in zip(names, PACKAGES, strict=True)]
        for purchase in bought:
            self.shop.stripe.pay(str(purchase.stripe_session_id))
        return bought

    def judge(self, calls: FirestoreProxy) -> None:
        """All is credited once, Firestore showed it in order and shows it now, and the books are right."""
        assert_all_credited_once(self.shop.stripe)
        wallets = [self.shop.wallet(name) for name in self.shop.people]
        assert_existed_in_order(calls, wallets)
        client = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
        for wallet in wallets:
            assert_shown(client, wallet)
        client.close()
        self.shop.assert_sound()


def tell_again(stripe: SandboxControls) -> None:
    """Have Stripe try at once what it could not tell, instead of after its pauses, until all is told."""

    def is_told() -> bool:
        stripe.retry_now()
        try:
            stripe.wait_until_idle(NUDGE_SECONDS)
        except StillDelivering:
            return False
        return True

    wait_for(is_told, what="Stripe has told us all")


def catch_up(product: Product) -> None:
    """Have workers deliver all that waits: what the timetable does in seconds, leases and pauses in half a minute."""
    nudged_at = 0.0

    def is_done() -> bool:
        nonlocal nudged_at
        if time.monotonic() >= nudged_at + NUDGE_SECONDS:
            nudged_at = time.monotonic()
            with as_owner():
                OutboxRow.objects.update(due_at=timezone.now())
                OutboxRow.objects.filter(leased_until__isnull=False).update(leased_until=timezone.now())
            product.wake()
        return not OutboxRow.objects.exists()

    wait_for(is_done, what="the outbox is empty")
