"""Posts entries: the one door to the ledger. `ledger_post` in migrations/sql/entries.sql does the work."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from foundation.ids import new_id
from tokens.kinds import AccountKind, EntryType, PostedEntry
from tokens.limits import ENTRY_TOKENS_MAX
from tokens.services.calls import call, log_posted


def post(
    *,
    entry_type: EntryType,
    reference: str,
    account_id: uuid.UUID,
    counter_lines: Mapping[AccountKind, int],
    now: datetime,
    purchase_id: uuid.UUID | None = None,
    package_code: str = "",
    cost_cents: int = 0,
    expires_at: datetime | None = None,
) -> PostedEntry:
    """Post one entry between a wallet and accounts of the house, once per reference.

    `counter_lines` are the house's signed amounts in tokens; the wallet gets what balances them, so that
    `{ISSUANCE: -200, PROMOTIONS: -50}` credits 250 and opens a lot of each: what was bought for `cost_cents`, and the
    bonus. The lots end at `expires_at`, if ever. A debit uses lots in burn order. Posting the same reference with the
    same content again changes nothing and answers the first entry, `replayed`. It joins the caller's transaction.

    :raises ReferenceReused: `reference_reused`: the reference stands for an entry with another content.
    :raises InsufficientTokens: `insufficient_tokens`, with members `available` and `required`.
    :raises AccountFrozen: `account_frozen`, for a spend.
    :raises WalletNotFound: `wallet_not_found`.
    """
    lines = _bounded(counter_lines)
    given = sum(amount for _, amount in lines)
    if (expires_at and given > 0) or (cost_cents and entry_type != EntryType.PURCHASE):
        raise ValueError("Only a credit's lots expire, and only a purchase's cost something.")
    row = call(
        "SELECT entry_id, balance, seq, replayed"
        " FROM ledger_post(%s, %s, %s, %s, %s::text[], %s::bigint[], %s, %s, %s, %s, %s)",
        (
            new_id(),
            entry_type.value,
            reference,
            account_id,
            [kind for kind, _ in lines],
            [amount for _, amount in lines],
            purchase_id,
            package_code,
            now,
            cost_cents,
            expires_at,
        ),
        required=given,
    )
    entry = PostedEntry(*row)
    if not entry.replayed:
        log_posted(entry_id=entry.entry_id, entry_type=entry_type.value, reference=reference)
    return entry


def _bounded(counter_lines: Mapping[AccountKind, int]) -> list[tuple[str, int]]:
    lines = [(kind.value, amount) for kind, amount in counter_lines.items() if amount]
    if not lines or any(abs(amount) > ENTRY_TOKENS_MAX for _, amount in lines):
        raise ValueError(f"An entry moves 1 to {ENTRY_TOKENS_MAX} tokens a line, not {dict(counter_lines)}.")
    return lines
