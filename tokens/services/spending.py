"""What services do with customers' tokens at once: spend and grant. For later there are holds."""

import uuid
from datetime import datetime

from django.db import transaction

from tokens.kinds import AccountKind, EntryType, PostedEntry, ServiceCall
from tokens.models import Note
from tokens.queries.wallets import account_of
from tokens.services import ledger


def spend(*, user_id: uuid.UUID, amount: int, call: ServiceCall, now: datetime) -> PostedEntry:
    """Spend a customer's tokens, once per call.

    :raises InsufficientTokens: `insufficient_tokens`, with members `available` and `required`.
    :raises AccountFrozen: `account_frozen`.
    :raises WalletNotFound: `wallet_not_found`: who was made at the command line has none.
    :raises ReferenceReused: `reference_reused`: the call's key was used for another spend.
    """
    return _post(EntryType.SPEND, "spend", user_id, {AccountKind.REDEEMED: amount}, call, now)


def grant(
    *,
    user_id: uuid.UUID,
    amount: int,
    category: EntryType,
    call: ServiceCall,
    now: datetime,
    expires_at: datetime | None = None,
) -> PostedEntry:
    """Give a customer tokens, once per call; they may expire. `category` is the entry's type.

    :raises WalletNotFound: `wallet_not_found`.
    :raises ReferenceReused: `reference_reused`.
    """
    return _post(category, "grant", user_id, {AccountKind.PROMOTIONS: -amount}, call, now, expires_at)


def _post(
    entry_type: EntryType,
    verb: str,
    user_id: uuid.UUID,
    counter_lines: dict[AccountKind, int],
    call: ServiceCall,
    now: datetime,
    expires_at: datetime | None = None,
) -> PostedEntry:
    with transaction.atomic():
        posted = ledger.post(
            entry_type=entry_type,
            reference=call.reference(verb),
            account_id=account_of(user_id),
            counter_lines=counter_lines,
            expires_at=expires_at,
            now=now,
        )
        if not posted.replayed:
            Note.objects.create(entry_id=posted.entry_id, reason=call.reason, label=call.label)
    return posted
