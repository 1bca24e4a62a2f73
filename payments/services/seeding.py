"""Makes purchases that nobody made, with all that hangs on them, to measure what many of them cost."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from foundation.ids import new_id
from identity.kinds import Person
from payments.kinds import DisputeStatus, InboxStatus, Outcome, PurchaseStatus, QuarantineReason, RefundStatus
from payments.limits import SEED_BATCH, SEED_DISPUTED_EVERY, SEED_REFUNDED_EVERY, SEED_SPAN, SESSION_LIFETIME
from payments.models import Dispute, InboxEvent, Purchase, Refund, StripeCustomer
from payments.services import reversals
from tokens.kinds import EntryType, PackageTerms
from tokens.queries.packages import on_sale
from tokens.services.packages import put_on_sale
from tokens.services.seeding import Credit, credit

KEY_PREFIX = "seed_load:"
TAKES = timedelta(seconds=40)  # to pay
TOLD_WITHIN = timedelta(seconds=1)
# What becomes of each fifty; one in twenty of the settled ones' last is quarantined.
ENDINGS = (
    *[PurchaseStatus.SETTLED] * 42,
    *[PurchaseStatus.EXPIRED] * 4,
    *[PurchaseStatus.CANCELED] * 2,
    PurchaseStatus.FAILED,
    PurchaseStatus.SETTLED,
)
QUARANTINED_EVERY = 1_000
EVENTS = {
    PurchaseStatus.SETTLED: ("checkout.session.completed", Outcome.SETTLED),
    PurchaseStatus.QUARANTINED: ("checkout.session.completed", Outcome.QUARANTINED),
    PurchaseStatus.EXPIRED: ("checkout.session.expired", Outcome.EXPIRED),
    PurchaseStatus.FAILED: ("checkout.session.async_payment_failed", Outcome.FAILED),
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, and the wallet that is credited."""

    person: Person
    account_id: uuid.UUID


def seed_packages(*, now: datetime) -> None:
    """Put one package on sale, if there is none: Stripe is not asked."""
    if not on_sale().exists():
        terms = PackageTerms(
            name="Seed", description="To be counted", tokens=200, bonus_tokens=50, price_cents=1499
        )
        put_on_sale(code="seed", terms=terms, now=now)


def add_stripe_customers(*, people: Sequence[Person], now: datetime) -> None:
    """Note a customer at Stripe for each."""
    rows = [
        StripeCustomer(user_id=each.user_id, stripe_customer_id=f"cus_{each.user_id.hex}", created_at=now)
        for each in people
    ]
    StripeCustomer.objects.bulk_create(rows, batch_size=SEED_BATCH, ignore_conflicts=True)


def add_purchases(*, buyers: Sequence[Buyer], total: int, now: datetime) -> int:
    """Bring the seeded purchases to so many, of these buyers in turn; answer how many were new.

    They are spread over `SEED_SPAN`, the last of them now, each with its event, its credit, and what went back of it.
    """
    there = Purchase.objects.filter(idempotency_key__startswith=KEY_PREFIX).count()
    packages = list(on_sale())
    for first in range(there, total, SEED_BATCH):
        numbers = range(first, min(first + SEED_BATCH, total))
        made = [
            _purchase(number, buyers[number % len(buyers)], packages[number % len(packages)], total, now)
            for number in numbers
        ]
        with transaction.atomic():
            _store(made)
    return max(total - there, 0)


def _store(made: Sequence[Purchase]) -> None:
    settled = [each for each in made if each.status == PurchaseStatus.SETTLED]
    Purchase.objects.bulk_create(made)
    InboxEvent.objects.bulk_create(_events(made))
    credit([_credit(each) for each in settled])
    refunded, disputed = settled[::SEED_REFUNDED_EVERY], settled[1::SEED_DISPUTED_EVERY]
    Refund.objects.bulk_create([_refund(each) for each in refunded])
    Dispute.objects.bulk_create([_dispute(each) for each in disputed])
    for cause, moved in ((EntryType.REFUND, refunded), (EntryType.DISPUTE, disputed)):
        for each in moved:
            at = _settled_at(each)
            reversals.apply(purchase=each, cause=cause, reference=f"{cause}:{each.id}", now=at)


def _purchase(number: int, buyer: Buyer, package: Any, total: int, now: datetime) -> Purchase:
    started_at = now - SEED_SPAN * (total - 1 - number) / total
    status = ENDINGS[number % len(ENDINGS)]
    if number % QUARANTINED_EVERY == QUARANTINED_EVERY - 1:
        status = PurchaseStatus.QUARANTINED
    is_settled = status == PurchaseStatus.SETTLED
    purchase_id = new_id()
    return Purchase(
        id=purchase_id,
        buyer_id=buyer.person.user_id,
        package=package,
        status=status,
        idempotency_key=f"{KEY_PREFIX}{number}",
        tokens=package.tokens,
        bonus_tokens=package.bonus_tokens,
        price_cents=package.price_cents,
        currency=package.currency,
        wallet_account_id=buyer.account_id,
        wallet_document_id=buyer.person.document_id,
        paid_cents=package.price_cents if is_settled else None,
        stripe_price_id=f"price_{package.code}",
        stripe_customer_id=f"cus_{buyer.person.user_id.hex}",
        stripe_session_id=f"cs_test_{purchase_id.hex}",
        stripe_payment_intent_id=f"pi_{purchase_id.hex}",
        started_at=started_at,
        opened_at=started_at,
        expires_at=started_at + SESSION_LIFETIME,
        settled_at=started_at + TAKES if is_settled else None,
        sale_checked_at=started_at + TAKES if is_settled else None,
        closed_at=None if is_settled else started_at + TAKES,
        entry_id=new_id() if is_settled else None,
        quarantine_reason=QuarantineReason.AMOUNT if status == PurchaseStatus.QUARANTINED else "",
    )


def _events(made: Sequence[Purchase]) -> Iterator[InboxEvent]:
    for each in made:
        if PurchaseStatus(each.status) not in EVENTS:
            continue
        event_type, outcome = EVENTS[PurchaseStatus(each.status)]
        at = each.started_at + TAKES
        is_paid = outcome in {Outcome.SETTLED, Outcome.QUARANTINED}
        session = {
            "id": each.stripe_session_id,
            "object": "checkout.session",
            "amount_total": each.price_cents,
            "currency": each.currency,
            "payment_status": "paid" if is_paid else "unpaid",
            "payment_intent": each.stripe_payment_intent_id,
            "metadata": {"purchase_id": str(each.id), "package": each.package_id},
        }
        yield InboxEvent(
            stripe_event_id=f"evt_{each.id.hex}",
            type=event_type,
            payload={"id": f"evt_{each.id.hex}", "type": event_type, "data": {"object": session}},
            object_id=each.stripe_session_id or "",
            payment_intent_id=each.stripe_payment_intent_id,
            purchase_id=each.id,
            status=InboxStatus.PROCESSED,
            outcome=outcome,
            stripe_created_at=at - TOLD_WITHIN,
            received_at=at,
            processed_at=at,
        )


def _credit(purchase: Purchase) -> Credit:
    assert purchase.entry_id
    return Credit(
        purchase.entry_id,
        purchase.id,
        purchase.wallet_account_id,
        purchase.tokens,
        purchase.bonus_tokens,
        purchase.package_id,
        _settled_at(purchase),
        purchase.price_cents,
    )


def _refund(purchase: Purchase) -> Refund:
    return Refund(
        purchase=purchase,
        stripe_refund_id=f"re_{purchase.id.hex}",
        amount_cents=purchase.price_cents // 2,
        currency=purchase.currency,
        status=RefundStatus.SUCCEEDED,
        created_at=_settled_at(purchase),
    )


def _dispute(purchase: Purchase) -> Dispute:
    return Dispute(
        purchase=purchase,
        stripe_dispute_id=f"du_{purchase.id.hex}",
        stripe_charge_id=f"ch_{purchase.id.hex}",
        amount_cents=purchase.price_cents,
        currency=purchase.currency,
        status=DisputeStatus.LOST,
        reason="fraudulent",
        movements=1,
        is_withheld=True,
        opened_at=_settled_at(purchase),
        closed_at=_settled_at(purchase),
    )


def _settled_at(purchase: Purchase) -> datetime:
    assert purchase.settled_at
    return purchase.settled_at
