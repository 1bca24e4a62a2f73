"""Fills a ledger with entries that mean nothing, to measure what a large one costs."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from foundation.ids import new_id
from tokens.kinds import EntryType
from tokens.limits import SEED_BATCH, SEED_TOKENS
from tokens.models import Entry, Posting, Wallet
from tokens.services.bulk import Gift, grant_many

REFERENCE_PREFIX = "seed_load:"
_OPEN = """
SELECT wallet_open(account, owner, document, %s)
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS w(account, owner, document)
"""
_CREDIT = """
SELECT count(ledger_post(
    c.entry, 'purchase', 'purchase:' || c.purchase, c.wallet,
    CASE WHEN c.bonus > 0 THEN '{issuance,promotions}' ELSE '{issuance}' END::text[],
    CASE WHEN c.bonus > 0 THEN ARRAY[-c.bought, -c.bonus] ELSE ARRAY[-c.bought] END,
    c.purchase, c.package, c.at, c.cents))
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[])
     AS c(entry, purchase, wallet, bought, bonus, package, at, cents)
"""


@dataclass(frozen=True, slots=True)
class Credit:
    """What a purchase brings, as `tokens.services.ledger.post` would be told it."""

    entry_id: uuid.UUID
    purchase_id: uuid.UUID
    account_id: uuid.UUID
    tokens: int
    bonus_tokens: int
    package_code: str
    at: datetime
    cents: int


def open_wallets(*, owners: Sequence[tuple[uuid.UUID, str]], now: datetime) -> None:
    """Open a wallet for each owner, given with the document that it has in Firestore."""
    with connection.cursor() as cursor:
        accounts = [new_id() for _ in owners]
        cursor.execute(_OPEN, [now, accounts, [owner for owner, _ in owners], [name for _, name in owners]])


def accounts_of(owner_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The wallet of each owner, in their order."""
    found = Wallet.objects.filter(account__owner_id__in=owner_ids)
    by_owner = dict(found.values_list("account__owner_id", "account_id"))
    return [by_owner[owner_id] for owner_id in owner_ids]


def credit(bought: Sequence[Credit]) -> None:
    """Post what purchases brought, in one call to the database."""
    names = ("entry_id", "purchase_id", "account_id", "tokens", "bonus_tokens", "package_code", "at", "cents")
    with connection.cursor() as cursor:
        cursor.execute(_CREDIT, [[getattr(each, name) for each in bought] for name in names])


def fill(*, account_ids: Sequence[uuid.UUID], entries: int, now: datetime) -> int:
    """Bring the wallets to so many seeded entries together, each to as many as the next; answer how many were new.

    Each call to the database is a transaction of its own unless the caller has one: what was done before an
    interruption stays, and the next run goes on from there.

    :raises WalletNotFound: `wallet_not_found`: one of the accounts is no wallet's.
    """
    there = Entry.objects.filter(reference__startswith=REFERENCE_PREFIX).count()
    new = 0
    step = min(SEED_BATCH, len(account_ids))  # a call names a wallet once
    for first in range(there, entries, step):
        gifts = [
            Gift(f"{REFERENCE_PREFIX}{number}", account_ids[number % len(account_ids)], SEED_TOKENS)
            for number in range(first, min(first + step, entries))
        ]
        new += grant_many(gifts=gifts, category=EntryType.PROMOTION, now=now)
    return new


def entries_with_wallets() -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    """Every entry with the wallet that it moves."""
    lines = Posting.objects.filter(line=1).values_list("entry_id", "account_id")
    return lines.iterator(chunk_size=SEED_BATCH)


def wallets_with_versions() -> Iterator[tuple[uuid.UUID, int]]:
    """Every wallet with its version."""
    return Wallet.objects.values_list("account_id", "version").iterator(chunk_size=SEED_BATCH)
