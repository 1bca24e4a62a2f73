"""What this app's Firestore documents say. The mirror writes them; it knows nothing of tokens."""

import uuid
from typing import Any

from mirror.kinds import Chunk, Document
from tokens.models import Posting
from tokens.queries import entries, packages, wallets
from tokens.queries.wallets import WalletState


def wallet_chunk(subject_id: str, after_version: int, limit: int) -> Chunk | None:
    """The wallet's document with its entries since the mirrored version, at most `limit` of them.

    The wallet is read first and postings never change, so both agree without a transaction: a chunk shows the
    wallet as of its last entry.
    """
    wallet = wallets.wallet_by_account(uuid.UUID(subject_id))
    if wallet is None:
        return None
    postings = entries.postings_between(
        wallet.account_id,
        after_version=after_version,
        to_version=wallet.version,
        to_seq=wallet.seq,
        limit=limit + 1,
    )
    more = len(postings) > limit
    shown = postings[:limit]
    fields = _fields_as_of(wallet, shown[-1]) if more else _fields(wallet)
    return Chunk(
        subject_path=f"users/{wallet.document_id}",
        version=fields["walletVersion"],
        version_field="walletVersion",
        fields=fields,
        documents=[_entry_document(posting, wallet) for posting in shown],
        more=more,
    )


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
        "on_sale": package.on_sale,
        "version": package.version,
    }
    return Chunk(
        subject_path=f"packages/{package.code}",
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
    """The wallet right after an entry that is not its newest."""
    assert last.seq is not None, "a wallet's posting has a seq"
    totals = entries.totals_as_of(wallet.account_id, seq=last.seq)
    return {
        **_fields(wallet),
        "tokenBalance": last.balance_after,
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
        path=f"transactions/{entry.id}",
        fields={
            "userId": wallet.document_id,
            "type": entry.type,
            "amount": posting.amount,
            "balanceAfter": posting.balance_after,
            "seq": posting.seq,
            "description": entries.describe(entry),
            "purchaseId": str(entry.purchase_id) if entry.purchase_id else None,
            "createdAt": entry.created_at,
        },
    )
