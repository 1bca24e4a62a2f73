"""Reads wallets."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, DateTimeField, F, Func, QuerySet, Value

from tokens.errors import WalletNotFound
from tokens.kinds import WalletStatus
from tokens.models import Wallet


@dataclass(frozen=True, slots=True)
class WalletState:
    """A wallet at one moment. All numbers are whole tokens; `available` is what can be spent now.

    `expired` is still in the balance, and will be swept out of it by the wallet's next write.
    """

    account_id: uuid.UUID
    owner_id: uuid.UUID
    document_id: str
    status: WalletStatus
    balance: int
    held: int
    debt: int
    total_purchased: int
    total_earned: int
    total_spent: int
    seq: int
    version: int
    updated_at: datetime
    expired: int = 0

    @property
    def available(self) -> int:
        """What can be spent: the balance without what is held, has expired, or is owed."""
        return max(0, self.balance - self.held - self.expired - self.debt)

    @property
    def frozen(self) -> bool:
        """Whether spending and buying are refused."""
        return self.status != WalletStatus.ACTIVE


def wallet_of(owner_id: uuid.UUID, *, now: datetime | None = None) -> WalletState:
    """The customer's wallet at `now`: holds past their end hold nothing, and what has expired is not available.

    Without `now` it is as of its last write, which is all that the balance needs.

    :raises WalletNotFound: `wallet_not_found`: none was opened yet.
    """
    wallets: QuerySet[Wallet] = Wallet.objects.select_related("account").filter(account__owner_id=owner_id)
    if now is not None:
        wallets = wallets.annotate(
            overdue_held=_as_of(now, "wallet_overdue_held"), expired=_as_of(now, "wallet_expired")
        )
    wallet = wallets.first()
    if wallet is None:
        raise WalletNotFound
    return _state(wallet)


def is_frozen(owner_id: uuid.UUID) -> bool:
    """Whether the customer may neither buy nor spend; who has no wallet is not frozen."""
    return Wallet.objects.filter(account__owner_id=owner_id).exclude(status=WalletStatus.ACTIVE).exists()


def _as_of(now: datetime, function: str) -> Func:
    """What this function of migrations/sql/lots.sql says of each wallet at `now`."""
    moment = Value(now, output_field=DateTimeField())
    return Func(F("account_id"), moment, function=function, output_field=BigIntegerField())


def account_of(owner_id: uuid.UUID) -> uuid.UUID:
    """The account of the customer's wallet.

    :raises WalletNotFound: `wallet_not_found`.
    """
    account_id = (
        Wallet.objects.filter(account__owner_id=owner_id).values_list("account_id", flat=True).first()
    )
    if account_id is None:
        raise WalletNotFound
    return account_id


def wallets_by_account(account_ids: Collection[uuid.UUID]) -> list[WalletState]:
    """The wallets with these accounts' ids."""
    found = Wallet.objects.select_related("account").filter(account_id__in=account_ids)
    return [_state(wallet) for wallet in found]


def wallets_of_owners(owner_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, WalletState]:
    """The wallets of these customers, by customer; without those who have none."""
    found = Wallet.objects.select_related("account").filter(account__owner_id__in=owner_ids)
    return {state.owner_id: state for state in map(_state, found)}


def account_ids_after(account_id: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """The accounts of the wallets that follow one (None: of the first ones), by id."""
    later = Wallet.objects.filter(account_id__gt=account_id) if account_id else Wallet.objects.all()
    return list(later.order_by("account_id").values_list("account_id", flat=True)[:limit])


def document_ids_among(document_ids: Collection[str]) -> set[str]:
    """Those of the ids under which a wallet is shown in Firestore."""
    found = Wallet.objects.filter(document_id__in=document_ids)
    return set(found.values_list("document_id", flat=True))


def wallets_by_document(document_ids: Collection[str]) -> dict[str, WalletState]:
    """The wallets that are shown in Firestore under these ids, by id."""
    found = Wallet.objects.select_related("account").filter(document_id__in=document_ids)
    return {state.document_id: state for state in map(_state, found)}


def _state(wallet: Wallet) -> WalletState:
    owner_id = wallet.account.owner_id
    assert owner_id is not None, "the constraint account_only_wallets_are_owned gives every wallet an owner"
    return WalletState(
        account_id=wallet.account_id,
        owner_id=owner_id,
        document_id=wallet.document_id,
        status=WalletStatus(wallet.status),
        balance=wallet.balance,
        held=wallet.held - getattr(wallet, "overdue_held", 0),
        debt=wallet.debt,
        total_purchased=wallet.total_purchased,
        total_earned=wallet.total_earned,
        total_spent=wallet.total_spent,
        seq=wallet.seq,
        version=wallet.version,
        updated_at=wallet.updated_at,
        expired=getattr(wallet, "expired", 0),
    )


def wallet_count() -> int:
    """How many wallets there are."""
    return Wallet.objects.count()
