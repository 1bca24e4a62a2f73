"""Posts entries: the one door to the ledger. `ledger_post` in migrations/sql/functions.sql does the work."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, connection

from foundation.errors import Refusal
from foundation.ids import new_id
from tokens.errors import InsufficientTokens, ReferenceReused, WalletNotFound
from tokens.kinds import AccountKind, EntryType, PostedEntry
from tokens.limits import ENTRY_TOKENS_MAX

_REFUSALS: dict[str, type[Refusal]] = {
    "entry_reference_reused": ReferenceReused,
    "wallet_not_found": WalletNotFound,
    "wallet_balance_not_negative": InsufficientTokens,
    "wallet_held_within_balance": InsufficientTokens,
}


def post(
    *,
    entry_type: EntryType,
    reference: str,
    account_id: uuid.UUID,
    counter_lines: Mapping[AccountKind, int],
    now: datetime,
    purchase_id: uuid.UUID | None = None,
    package_code: str = "",
) -> PostedEntry:
    """Post one entry between a wallet and accounts of the house, once per reference.

    `counter_lines` are the house's signed amounts in tokens; the wallet gets what balances them, so that
    `{ISSUANCE: -200, PROMOTIONS: -50}` credits 250. Posting the same reference with the same content again
    changes nothing and answers the first entry, `replayed`. It joins the caller's transaction, if any.

    :raises ReferenceReused: `reference_reused`: the reference stands for an entry with another content.
    :raises InsufficientTokens: `insufficient_tokens`: the wallet would fall below zero or what is held.
    :raises WalletNotFound: `wallet_not_found`.
    """
    lines = [(kind.value, amount) for kind, amount in counter_lines.items() if amount]
    if not lines or any(abs(amount) > ENTRY_TOKENS_MAX for _, amount in lines):
        raise ValueError(f"An entry moves 1 to {ENTRY_TOKENS_MAX} tokens a line, not {dict(counter_lines)}.")
    arguments = (
        new_id(),
        entry_type.value,
        reference,
        account_id,
        [kind for kind, _ in lines],
        [amount for _, amount in lines],
        purchase_id,
        package_code,
        now,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT entry_id, balance, seq, replayed"
                " FROM ledger_post(%s, %s, %s, %s, %s::text[], %s::bigint[], %s, %s, %s)",
                arguments,
            )
            row = cursor.fetchone()
    except IntegrityError as error:
        raise _refusal(error) from error
    return PostedEntry(*row)


def _refusal(error: IntegrityError) -> Exception:
    """The refusal that a constraint stands for, or the error itself where it is a bug of ours."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    refusal = _REFUSALS.get(constraint or "")
    return refusal() if refusal else error
