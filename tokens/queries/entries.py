"""Reads the ledger's entries as a customer sees them."""

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Sum, When

from tokens.kinds import SYSTEM_ACCOUNT_IDS, AccountKind, EntryType
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

# Only what takes tokens back, or gives them back, has a line on what is owed.
_WITHOUT_DEBT = (
    EntryType.PURCHASE,
    EntryType.BONUS,
    EntryType.GRANT,
    EntryType.PROMOTION,
    EntryType.SPEND,
    EntryType.EXPIRY,
)


def history_of(owner_id: uuid.UUID, *, entry_type: str = "") -> QuerySet[Posting]:
    """The customer's postings with their entries, newest first; only of one type if it is given."""
    postings = Posting.objects.filter(account__owner_id=owner_id, seq__isnull=False)
    if entry_type:
        postings = postings.filter(entry__type=entry_type)
    return _told(postings).order_by("-seq")


def postings_of(account_id: uuid.UUID) -> QuerySet[Posting]:
    """The wallet's postings, ready to be described."""
    return _told(Posting.objects.filter(account_id=account_id, seq__isnull=False))


def posting_of(entry_id: uuid.UUID) -> Posting:
    """The line by which an entry moved its wallet."""
    return _told(Posting.objects.filter(entry_id=entry_id, line=1)).get()


def find_posting(entry_id: uuid.UUID) -> Posting | None:
    """As `posting_of`; None where there is no such entry."""
    return _told(Posting.objects.filter(entry_id=entry_id, line=1)).first()


def postings_since(account_id: uuid.UUID, *, seq: int, limit: int) -> list[Posting]:
    """What has moved the wallet after its entry number `seq`, newest first, at most `limit` of it."""
    return list(postings_of(account_id).filter(seq__gt=seq).order_by("-seq")[:limit])


@dataclass(frozen=True, slots=True)
class Range:
    """What led a wallet from one version to another, at which it had so many entries."""

    account_id: uuid.UUID
    after_version: int
    to_version: int
    to_seq: int


# Each posting raised the version at least by one, so there are no more of them than versions in between: the bound
# on `seq`, which is indexed, keeps a long history from being read.
_WITHIN = """
SELECT p.entry_id
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[]) AS r (account_id, after_version, to_version, to_seq)
CROSS JOIN LATERAL (
    SELECT entry_id FROM tokens_posting
    WHERE account_id = r.account_id AND seq > r.to_seq - (r.to_version - r.after_version) AND seq <= r.to_seq
      AND wallet_version > r.after_version
    ORDER BY seq LIMIT %s
) p
"""


def postings_within(ranges: Sequence[Range], *, limit: int) -> dict[uuid.UUID, list[Posting]]:
    """The postings of each wallet within its range, oldest first, at most `limit` of each; by its account's id."""
    columns = [(r.account_id, r.after_version, r.to_version, r.to_seq) for r in ranges]
    found: dict[uuid.UUID, list[Posting]] = {}
    if columns:
        with connection.cursor() as cursor:
            cursor.execute(_WITHIN, [*(list(column) for column in zip(*columns, strict=True)), limit])
            entry_ids = [entry_id for (entry_id,) in cursor.fetchall()]
        for posting in _told(Posting.objects.filter(entry_id__in=entry_ids, line=1)).order_by("seq"):
            found.setdefault(posting.account_id, []).append(posting)
    return found


@dataclass(frozen=True, slots=True)
class Totals:
    """What a wallet was ever sold, given, and has spent, and what its owner owes, in tokens."""

    purchased: int
    earned: int
    spent: int
    debt: int


def totals_as_of(account_id: uuid.UUID, *, seq: int) -> Totals:
    """The wallet's totals right after its entry number `seq`, from the house's side of its entries."""
    house = Posting.objects.filter(
        entry__postings__account_id=account_id, entry__postings__seq__lte=seq, seq__isnull=True
    )
    kind, given = "account__kind", Q(amount__lt=0)
    sums = house.aggregate(
        purchased=Sum("amount", filter=given & Q(**{kind: AccountKind.ISSUANCE}), default=0),
        earned=Sum("amount", filter=given & Q(**{kind: AccountKind.PROMOTIONS}), default=0),
        spent=Sum("amount", filter=~given & Q(**{kind: AccountKind.REDEEMED}), default=0),
        debt=Sum("amount", filter=Q(**{kind: AccountKind.DEBT}), default=0),
    )
    return Totals(
        purchased=-sums["purchased"], earned=-sums["earned"], spent=sums["spent"], debt=-sums["debt"]
    )


def wallets_of(entry_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The wallet's account that each entry moved tokens into or out of; without ids that are no entry's."""
    postings = Posting.objects.filter(entry_id__in=entry_ids, seq__isnull=False)
    return dict(postings.values_list("entry_id", "account_id"))


def postings_of_purchase(purchase_id: uuid.UUID) -> QuerySet[Posting]:
    """Every line of every entry that a purchase has caused: its credit, and what was reversed of it. Oldest first."""
    postings = Posting.objects.filter(entry__purchase_id=purchase_id)
    return postings.select_related("entry", "account").order_by("entry__created_at", "entry_id", "line")


def entry_of_purchase(purchase_id: uuid.UUID) -> Entry | None:
    """The entry that credited this purchase."""
    return Entry.objects.filter(purchase_id=purchase_id, type=EntryType.PURCHASE).first()


def describe(posting: Posting) -> str:
    """A wallet's line in words that its customer reads: what it was, of which package or why, and what is owed.

    A package is told by its code, which stays, and not by its name, which may be another by now. The reason is what
    a service or a person gave, if it was not erased.
    """
    entry = posting.entry
    words = _words(EntryType(entry.type), posting.amount)
    package = re.sub("[-_]", " ", entry.package_code).capitalize()
    note = getattr(entry, "note", None)
    about = package or (note.reason if note else "")
    owed = -(getattr(posting, "on_debt", None) or 0)
    told = f"{words}: {about}" if about else words
    if owed > 0:
        return f"{told} ({_tokens(owed)} owed)"
    return (
        f"{told} ({_tokens(-owed)} no longer owed)"
        if owed and entry.type != EntryType.DEBT_REPAYMENT
        else told
    )


def _words(entry_type: EntryType, amount: int) -> str:
    return "Refund failed" if entry_type == EntryType.REFUND and amount > 0 else _DESCRIPTIONS[entry_type]


def _tokens(number: int) -> str:
    return f"{number:,} token{'' if number == 1 else 's'}"


def _told(postings: QuerySet[Posting]) -> QuerySet[Posting]:
    """With what `describe` tells of them. What moves no debt is not asked for it: most of a page."""
    debt = Posting.objects.filter(
        entry_id=OuterRef("entry_id"), account_id=SYSTEM_ACCOUNT_IDS[AccountKind.DEBT]
    )
    on_debt = Case(
        When(entry__type__in=_WITHOUT_DEBT, then=None), default=Subquery(debt.values("amount")[:1])
    )
    return postings.select_related("entry__note").annotate(on_debt=on_debt)


def credited_among(purchase_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the purchases whose tokens were credited."""
    credits_of = Entry.objects.filter(purchase_id__in=purchase_ids, type=EntryType.PURCHASE)
    return {purchase_id for purchase_id in credits_of.values_list("purchase_id", flat=True) if purchase_id}
