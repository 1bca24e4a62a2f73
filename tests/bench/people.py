"""Customers, wallets and started purchases in bulk: what there is before the clock runs."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from foundation.ids import new_id
from identity.models import User
from payments.kinds import PurchaseStatus
from payments.limits import SESSION_LIFETIME
from payments.models import PackagePublication, Purchase
from security.models import PurchaseLimits
from tokens.models import Package

PACKAGE = "basic"
PURCHASES_MAX = 500
OPEN_WALLETS = """
    SELECT wallet_open(account, owner, owner::text, %s) FROM unnest(%s::uuid[], %s::uuid[]) AS w(account, owner)
"""
CREDIT_ALL = """
    SELECT count(ledger_post(entry, 'purchase', 'bench:' || entry, account, '{issuance,promotions}', '{-200,-50}',
                             entry, 'basic', %s))
    FROM unnest(%s::uuid[], %s::uuid[]) AS e(entry, account)
"""


@dataclass(frozen=True)
class Buyer:
    """A customer with a wallet, known by a number in Stripe's ids too."""

    number: int
    user_id: uuid.UUID
    account_id: uuid.UUID

    @property
    def customer_id(self) -> str:
        """Stripe's id of them."""
        return f"cus_bench{self.number:06d}"


def account_id_of(number: int) -> uuid.UUID:
    """A wallet's account, by its buyer's number: pgbench has to know it without asking."""
    return uuid.UUID(f"00000000-0000-4000-9000-{number:012d}")


def user_id_of(number: int) -> uuid.UUID:
    """A customer, by their number."""
    return uuid.UUID(f"00000000-0000-4000-8800-{number:012d}")


def open_buyers(count: int, *, first: int = 1) -> list[Buyer]:
    """Make customers with empty wallets."""
    now = timezone.now()
    buyers = [
        Buyer(number, user_id_of(number), account_id_of(number)) for number in range(first, first + count)
    ]
    User.objects.bulk_create(
        [
            User(id=buyer.user_id, email=f"buyer{buyer.number}@example.com", date_joined=now)
            for buyer in buyers
        ]
    )
    with connection.cursor() as cursor:
        accounts, owners = [b.account_id for b in buyers], [b.user_id for b in buyers]
        cursor.execute(OPEN_WALLETS, [now, accounts, owners])
    return buyers


def let_buy_often(buyer: Buyer) -> None:
    """Have nobody meet the limits of purchases; somebody must have set them so."""
    PurchaseLimits.objects.create(
        hourly_max=PURCHASES_MAX,
        daily_max=PURCHASES_MAX,
        reason="A load test.",
        changed_at=timezone.now(),
        changed_by_id=buyer.user_id,
    )


def credit_all(account_ids: Sequence[uuid.UUID]) -> None:
    """Post a purchase to each of these wallets, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(CREDIT_ALL, [timezone.now(), [new_id() for _ in account_ids], list(account_ids)])


def open_purchases(buyers: Sequence[Buyer], count: int) -> list[Purchase]:
    """Make purchases that were started and wait for their payment, of each buyer in turn."""
    now = timezone.now()
    package = Package.objects.get(code=PACKAGE)
    price_id = PackagePublication.objects.get(package_id=PACKAGE, withdrawn_at=None).stripe_price_id
    purchases = []
    for index in range(count):
        buyer = buyers[index % len(buyers)]
        purchase_id = new_id()
        purchases.append(
            Purchase(
                id=purchase_id,
                buyer_id=buyer.user_id,
                package_id=PACKAGE,
                status=PurchaseStatus.OPEN,
                idempotency_key=str(purchase_id),
                tokens=package.tokens,
                bonus_tokens=package.bonus_tokens,
                price_cents=package.price_cents,
                currency=package.currency,
                wallet_account_id=buyer.account_id,
                wallet_document_id=str(buyer.user_id),
                stripe_price_id=price_id,
                stripe_customer_id=buyer.customer_id,
                stripe_session_id=f"cs_test_bench{suffix_of(buyer, purchase_id)}",
                checkout_url="https://checkout.stripe.com/c/pay/bench",
                started_at=now - timedelta(minutes=1),
                opened_at=now - timedelta(minutes=1),
                expires_at=now + SESSION_LIFETIME,
            )
        )
    Purchase.objects.bulk_create(purchases, batch_size=1_000)
    return purchases


def suffix_of(buyer: Buyer, purchase_id: uuid.UUID) -> str:
    """What Stripe's ids around one purchase end with: from any of them the others can be told."""
    return f"{buyer.number:06d}{purchase_id.hex}"
