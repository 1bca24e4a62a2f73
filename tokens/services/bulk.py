"""Gives many customers tokens at once (migrations/sql/bulk.sql)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from foundation.ids import new_id
from tokens.kinds import EntryType
from tokens.limits import BULK_GRANTS_MAX, ENTRY_TOKENS_MAX
from tokens.services.calls import call, log_posted_together


@dataclass(frozen=True, slots=True)
class Gift:
    """What one wallet gets, once per reference."""

    reference: str
    account_id: uuid.UUID
    tokens: int


def grant_many(
    *, gifts: Sequence[Gift], category: EntryType, now: datetime, expires_at: datetime | None = None
) -> int:
    """Give each wallet its tokens, all or none; answer how many were not given before.

    It is one call to the database for at most `BULK_GRANTS_MAX` wallets, each of which comes once. It locks them in
    one order, so that calls over the same wallets wait for each other and never deadlock. It joins the caller's
    transaction.

    :raises WalletNotFound: `wallet_not_found`: one of the accounts is no wallet's.
    :raises ReferenceReused: `reference_reused`: a reference stands for another entry.
    """
    accounts = {gift.account_id for gift in gifts}
    if not 0 < len(gifts) == len(accounts) <= BULK_GRANTS_MAX:
        raise ValueError(f"A call is for 1 to {BULK_GRANTS_MAX} wallets, each once.")
    if any(not 0 < gift.tokens <= ENTRY_TOKENS_MAX for gift in gifts):
        raise ValueError(f"A gift is of 1 to {ENTRY_TOKENS_MAX} tokens.")
    (posted,) = call(
        "SELECT ledger_grant_many(%s, %s::uuid[], %s::text[], %s::uuid[], %s::bigint[], %s, %s)",
        (
            category.value,
            [new_id() for _ in gifts],
            [gift.reference for gift in gifts],
            [gift.account_id for gift in gifts],
            [gift.tokens for gift in gifts],
            expires_at,
            now,
        ),
    )
    if posted:
        log_posted_together(entries=posted, entry_type=category.value, first_reference=gifts[0].reference)
    return int(posted)
