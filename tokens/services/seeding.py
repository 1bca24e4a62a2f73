"""Fills a ledger with entries that mean nothing, to measure what a large one costs."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from tokens.kinds import EntryType
from tokens.limits import SEED_BATCH, SEED_TOKENS
from tokens.services.bulk import Gift, grant_many


def fill(*, account_ids: Sequence[uuid.UUID], entries_each: int, now: datetime) -> int:
    """Bring each wallet to its first so many seeded entries; answer how many were new.

    Each call to the database is a transaction of its own unless the caller has one: what was done before an
    interruption stays, and the next run goes on from there.

    :raises WalletNotFound: `wallet_not_found`: one of the accounts is no wallet's.
    """
    batches = [account_ids[at : at + SEED_BATCH] for at in range(0, len(account_ids), SEED_BATCH)]
    return sum(
        grant_many(gifts=[_gift(each, number) for each in batch], category=EntryType.PROMOTION, now=now)
        for number in range(1, entries_each + 1)
        for batch in batches
    )


def _gift(account_id: uuid.UUID, number: int) -> Gift:
    return Gift(f"seed_load:{account_id}:{number}", account_id, SEED_TOKENS)
