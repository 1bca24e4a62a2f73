"""Statements: what a wallet had at one moment, what happened until another, and what it had then."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from tokens.models import Posting
from tokens.queries.entries import postings_of
from tokens.queries.wallets import account_of


@dataclass(frozen=True, slots=True)
class Statement:
    """The entries after `since` and until `until`, oldest first; balances in whole tokens, before and after them."""

    since: datetime | None
    until: datetime
    opening_balance: int
    closing_balance: int
    lines: QuerySet[Posting]


def statement_of(owner_id: uuid.UUID, *, since: datetime | None, until: datetime) -> Statement:
    """The customer's statement for any period; without `since`, from the wallet's beginning.

    Its opening balance is the closing balance of a statement until `since`, whatever is posted at that moment: both
    follow from the same entry.

    :raises WalletNotFound: `wallet_not_found`.
    """
    account_id = account_of(owner_id)
    first, last = seq_at(account_id, since) if since else 0, seq_at(account_id, until)
    lines = postings_of(account_id).filter(seq__gt=first, seq__lte=last).order_by("seq")
    return Statement(since, until, _balance_at(account_id, first), _balance_at(account_id, last), lines)


def seq_at(account_id: uuid.UUID, moment: datetime) -> int:
    """How many entries the wallet had at a moment, found by halving its gapless `seq`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallet_seq_at(%s, %s)", (account_id, moment))
        seq: int = cursor.fetchone()[0]
    return seq


def _balance_at(account_id: uuid.UUID, seq: int) -> int:
    found = Posting.objects.filter(account_id=account_id, seq=seq).values_list("balance_after", flat=True)
    return found.first() or 0
