"""Tells what a restored database has lost, by what Firestore still shows of wallets and their entries.

What customers' wallets had been is told there, and nobody can write it but the mirror.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from mirror.kinds import Loss, Return
from tokens.kinds import EntryType
from tokens.projections import ENTRIES, WALLETS, known_entry_documents
from tokens.queries import entries, wallets
from tokens.queries.wallets import WalletState

ENTRY_FIELDS: Final = ("userId", "type", "amount", "purchaseId", "description", "createdAt")
BALANCE_FIELDS: Final = ("tokenBalance", "tokensHeld", "tokenDebt", "walletStatus", "tokensUpdatedAt")
# What follows from what Stripe remembers of a purchase, once that is credited again.
_FROM_STRIPE: Final = frozenset(
    {EntryType.PURCHASE, EntryType.REFUND, EntryType.DISPUTE, EntryType.DISPUTE_WON}
)
# What the ledger posts again when its time has come, or the next credit has.
_BY_ITSELF: Final = frozenset({EntryType.EXPIRY, EntryType.DEBT_REPAYMENT})

Page = Mapping[str, Mapping[str, Any]]


def lost_entries(page: Page) -> Iterator[Loss]:
    """Tell the entries that Firestore shows and the ledger lacks, and whether they come back.

    :param page: documents of `transactions` by their paths, with `ENTRY_FIELDS`
    """
    known = known_entry_documents(page.keys())
    lost = [fields for path, fields in page.items() if path not in known]
    credited = entries.credited_among({found for fields in lost if (found := _purchase_of(fields))})
    for fields in lost:
        yield Loss(
            what=_text(fields, "type") or ENTRIES,
            whose=_text(fields, "userId"),
            amount=_whole(fields, "amount"),
            at=_moment(fields, "createdAt"),
            words=_text(fields, "description"),
            returns=_returns(fields, is_credited=_purchase_of(fields) in credited),
        )


def lost_wallets(page: Page) -> Iterator[Loss]:
    """Tell the wallets that Firestore shows otherwise than the ledger has them: lost holds and freezes show here.

    :param page: documents of `users` by their paths, with `BALANCE_FIELDS`; those without any are not ours
    """
    ours = {path: fields for path, fields in page.items() if fields.keys() & set(BALANCE_FIELDS)}
    found = wallets.wallets_by_document([path.removeprefix(f"{WALLETS}/") for path in ours])
    for path, fields in ours.items():
        document_id = path.removeprefix(f"{WALLETS}/")
        wallet = found.get(document_id)
        shown, had = _told(fields), _told_of(wallet)
        if shown != had:
            yield Loss(
                what="wallet",
                whose=document_id,
                amount=_whole(fields, "tokenBalance") - (wallet.balance if wallet else 0),
                at=_moment(fields, "tokensUpdatedAt"),
                words=f"Firestore shows {shown}; the ledger has {had}",
            )


def _returns(fields: Mapping[str, Any], *, is_credited: bool) -> Return:
    kind = _text(fields, "type")
    if kind in _FROM_STRIPE and is_credited:
        return Return.FROM_STRIPE
    return Return.BY_ITSELF if kind in _BY_ITSELF else Return.NO


def _told(fields: Mapping[str, Any]) -> str:
    balance, held, debt = (_whole(fields, name) for name in ("tokenBalance", "tokensHeld", "tokenDebt"))
    return f"{balance}, {held} held, {debt} owed, {_text(fields, 'walletStatus')}"


def _told_of(wallet: WalletState | None) -> str:
    if wallet is None:
        return "no such wallet"
    return f"{wallet.balance}, {wallet.held} held, {wallet.debt} owed, {wallet.status.value}"


def _purchase_of(fields: Mapping[str, Any]) -> uuid.UUID | None:
    try:
        return uuid.UUID(_text(fields, "purchaseId"))
    except ValueError:
        return None


def _text(fields: Mapping[str, Any], name: str) -> str:
    return str(fields.get(name) or "")


def _whole(fields: Mapping[str, Any], name: str) -> int:
    """A number of tokens; 0 where somebody has written something else."""
    value = fields.get(name)
    return value if isinstance(value, int) else 0


def _moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    value = fields.get(name)
    return value if isinstance(value, datetime) else None
