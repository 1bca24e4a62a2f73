"""Reads the ledger's entries as a customer sees them."""

import uuid
from functools import cache

from django.db.models import QuerySet

from tokens.kinds import EntryType
from tokens.models import Entry, Posting

_DESCRIPTIONS = {
    EntryType.PURCHASE: "Bought tokens",
    EntryType.BONUS: "Bonus tokens",
    EntryType.GRANT: "Granted tokens",
    EntryType.PROMOTION: "Promotional tokens",
    EntryType.SPEND: "Spent tokens",
    EntryType.REFUND: "Refund",
    EntryType.DISPUTE: "Disputed payment",
    EntryType.DISPUTE_WON: "Dispute won",
    EntryType.ADJUSTMENT: "Adjustment",
    EntryType.EXPIRY: "Expired tokens",
    EntryType.DEBT_REPAYMENT: "Debt repaid",
    EntryType.REVERSAL: "Correction",
}


def history_of(owner_id: uuid.UUID, *, entry_type: str = "") -> QuerySet[Posting]:
    """The customer's postings with their entries, newest first; only of one type if it is given."""
    postings = Posting.objects.filter(account__owner_id=owner_id, seq__isnull=False)
    if entry_type:
        postings = postings.filter(entry__type=entry_type)
    return postings.select_related("entry").order_by("-seq")


def postings_after(account_id: str | uuid.UUID, *, seq: int, limit: int) -> list[Posting]:
    """The wallet's postings after `seq`, oldest first, at most `limit`."""
    postings = Posting.objects.filter(account_id=account_id, seq__gt=seq)
    return list(postings.select_related("entry").order_by("seq")[:limit])


def entry_of_purchase(purchase_id: uuid.UUID) -> Entry | None:
    """The entry that credited this purchase."""
    return Entry.objects.filter(purchase_id=purchase_id, type=EntryType.PURCHASE).first()


@cache
def entry_types() -> tuple[str, ...]:
    """Every type an entry can have."""
    return tuple(EntryType.values)


def describe(entry: Entry) -> str:
    """The entry in words that its customer reads."""
    words = _DESCRIPTIONS[EntryType(entry.type)]
    return f"{words}: {entry.package_code}" if entry.package_code else words
