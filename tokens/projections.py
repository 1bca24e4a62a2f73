"""What this app's Firestore documents say. The mirror writes them; it knows nothing of tokens."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mirror.kinds import Chunk, Document, Owned
from tokens.models import Posting
from tokens.queries import entries, packages, wallets
from tokens.queries.wallets import WalletState

WALLETS, ENTRIES, PACKAGES = "users", "transactions", "packages"
WALLET_FIELDS = (
    "tokenBalance",
    "tokensHeld",
    "totalTokensPurchased",
    "totalTokensEarned",
    "totalTokensSpent",
    "ledgerSeq",
    "walletVersion",
    "walletStatus",
    "tokenDebt",
    "tokensUpdatedAt",
)


def wallet_chunk(subject_id: str, after_version: int, limit: int) -> Chunk | None:
    """The wallet's document with its entries since the mirrored version, at most `limit` of them."""
    return wallet_chunks({subject_id: after_version}, limit).get(subject_id)


def wallet_chunks(after_versions: Mapping[str, int], limit: int) -> Mapping[str, Chunk]:
    """The same of many wallets, by three queries.

    The wallets are read first and postings never change, so both agree without a transaction: a chunk shows its
    wallet as of its last entry.
    """
    ids = {account_id: subject_id for subject_id in after_versions if (account_id := _uuid(subject_id))}
    found = wallets.wallets_by_account(ids)
    ranges = [
        entries.Range(wallet.account_id, after_versions[ids[wallet.account_id]], wallet.version, wallet.seq)
        for wallet in found
    ]
    postings = entries.postings_within(ranges, limit=limit + 1)
    return {
        ids[wallet.account_id]: _chunk(wallet, postings.get(wallet.account_id, []), limit) for wallet in found
    }


def _chunk(wallet: WalletState, postings: Sequence[Posting], limit: int) -> Chunk:
    more = len(postings) > limit
    shown = postings[:limit]
    fields = _fields_as_of(wallet, shown[-1]) if more else _fields(wallet)
    return Chunk(
        subject_path=f"{WALLETS}/{wallet.document_id}",
        version=fields["walletVersion"],
        version_field="walletVersion",
        fields=fields,
        documents=[_entry_document(posting, wallet) for posting in shown],
        more=more,
        owned=Owned(ENTRIES, "userId", wallet.document_id),
    )


def wallets_after(subject_id: str, limit: int) -> Sequence[str]:
    """The wallets that follow one, by account id."""
    return [str(account_id) for account_id in wallets.account_ids_after(_uuid(subject_id), limit)]


def wallets_of_entries(paths: Collection[str]) -> Mapping[str, str]:
    """Which wallet's entry each document tells; without those that tell no entry."""
    ids = {path: _uuid(path.removeprefix(f"{ENTRIES}/")) for path in paths}
    accounts = entries.wallets_of({entry_id for entry_id in ids.values() if entry_id})
    return {
        path: str(accounts[entry_id])
        for path, entry_id in ids.items()
        if entry_id in accounts and path == _entry_path(entry_id)
    }


def known_wallet_documents(paths: Collection[str]) -> Collection[str]:
    """Those of the paths at which a wallet has its document."""
    ids = wallets.document_ids_among([path.removeprefix(f"{WALLETS}/") for path in paths])
    return {f"{WALLETS}/{document_id}" for document_id in ids}


def known_entry_documents(paths: Collection[str]) -> Collection[str]:
    """Those of the paths at which a wallet's entry has its document."""
    return wallets_of_entries(paths).keys()


def known_package_documents(paths: Collection[str]) -> Collection[str]:
    """Those of the paths at which a package has its document."""
    codes = packages.codes_among([path.removeprefix(f"{PACKAGES}/") for path in paths])
    return {f"{PACKAGES}/{code}" for code in codes}


def packages_after(code: str, limit: int) -> Sequence[str]:
    """The packages that follow one by code, retired ones too."""
    return packages.codes_after(code, limit)


def package_chunk(subject_id: str, after_version: int, limit: int) -> Chunk | None:  # noqa: ARG001 - a Projection
    """The package's document; a retired one stays, off sale."""
    package = packages.package_of(subject_id)
    if package is None:
        return None
    fields = {
        "code": package.code,
        "name": package.name,
        "description": package.description,
        "tokens": package.tokens,
        "bonus_tokens": package.bonus_tokens,
        "total_tokens": package.total_tokens,
        "price_cents": package.price_cents,
        "currency": package.currency,
        "featured": package.featured,
        "tokens_expire_after_days": package.tokens_expire_after_days,
        "on_sale": package.on_sale,
        "version": package.version,
    }
    return Chunk(
        subject_path=f"{PACKAGES}/{package.code}",
        version=package.version,
        version_field="version",
        fields=fields,
    )


def _fields(wallet: WalletState) -> dict[str, Any]:
    return {
        "tokenBalance": wallet.balance,
        "tokensHeld": wallet.held,
        "totalTokensPurchased": wallet.total_purchased,
        "totalTokensEarned": wallet.total_earned,
        "totalTokensSpent": wallet.total_spent,
        "ledgerSeq": wallet.seq,
        "walletVersion": wallet.version,
        "walletStatus": wallet.status.value,
        "tokenDebt": wallet.debt,
        "tokensUpdatedAt": wallet.updated_at,
    }


def _fields_as_of(wallet: WalletState, last: Posting) -> dict[str, Any]:
    """The wallet right after an entry that is not its newest, shown while a backlog is delivered.

    What the ledger's lines tell is as it was then: balance, totals, debt. What is held leaves no line: today's is
    shown, but not more than there was to hold, so that no app computes less than nothing or more than can be had.
    The status is today's: whoever is frozen by now cannot spend, whatever the balance was.
    """
    assert last.seq is not None, "a wallet's posting has a seq"
    assert last.balance_after is not None, "and the balance that it led to"
    totals = entries.totals_as_of(wallet.account_id, seq=last.seq)
    return {
        **_fields(wallet),
        "tokenBalance": last.balance_after,
        "tokensHeld": min(wallet.held, last.balance_after),
        "tokenDebt": totals.debt,
        "totalTokensPurchased": totals.purchased,
        "totalTokensEarned": totals.earned,
        "totalTokensSpent": totals.spent,
        "ledgerSeq": last.seq,
        "walletVersion": last.wallet_version,
        "tokensUpdatedAt": last.entry.created_at,
    }


def _entry_document(posting: Posting, wallet: WalletState) -> Document:
    entry = posting.entry
    return Document(
        path=_entry_path(entry.id),
        fields={
            "userId": wallet.document_id,
            "type": entry.type,
            "amount": posting.amount,
            "balanceAfter": posting.balance_after,
            "seq": posting.seq,
            "description": entries.describe(posting),
            "purchaseId": str(entry.purchase_id) if entry.purchase_id else None,
            "createdAt": entry.created_at,
        },
    )


def _entry_path(entry_id: uuid.UUID) -> str:
    return f"{ENTRIES}/{entry_id}"


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
