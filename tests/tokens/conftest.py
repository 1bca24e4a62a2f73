"""A bank with a wallet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from identity.kinds import Actor
from identity.models import User
from tests.support.shop import open_customer
from tests.support.staff import member
from tokens.kinds import AccountKind, EntryType, PostedEntry
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import WalletState, wallet_of
from tokens.services import ledger


@dataclass
class Bank:
    """Alice and her wallet."""

    alice: User

    @property
    def bob(self) -> User:
        """Somebody else, with a wallet of their own."""
        return open_customer("bob")

    @property
    def wallet(self) -> WalletState:
        return wallet_of(self.alice.id)

    def credit(
        self,
        tokens: int = 100,
        *,
        bonus: int = 0,
        reference: str = "",
        purchase: UUID | None = None,
        entry_type: EntryType = EntryType.PURCHASE,
        expires_at: datetime | None = None,
        cost_cents: int = 0,
        now: datetime | None = None,
    ) -> PostedEntry:
        return ledger.post(
            entry_type=entry_type,
            reference=reference or f"purchase:{uuid4()}",
            account_id=self.wallet.account_id,
            counter_lines={AccountKind.ISSUANCE: -tokens, AccountKind.PROMOTIONS: -bonus},
            purchase_id=purchase,
            package_code="basic",
            cost_cents=cost_cents,
            expires_at=expires_at,
            now=now or timezone.now(),
        )

    def spend(self, tokens: int, *, reference: str = "", now: datetime | None = None) -> PostedEntry:
        return ledger.post(
            entry_type=EntryType.SPEND,
            reference=reference or f"spend:{uuid4()}",
            account_id=self.wallet.account_id,
            counter_lines={AccountKind.REDEEMED: tokens},
            now=now or timezone.now(),
        )


@pytest.fixture
def bank(transactional_db: None) -> Bank:
    """A wallet in a database that really commits: some guards speak only then."""
    return Bank(open_customer("alice"))


@pytest.fixture
def sound_bank(bank: Bank) -> Iterator[Bank]:
    """A bank whose books must be right after the test."""
    yield bank
    assert find_imbalances() == []


@pytest.fixture
def dave(bank: Bank) -> Actor:
    """Dave corrects wallets by himself."""
    return member("dave", "tokens.adjust", "tokens.reverse_entry")


@pytest.fixture
def carol(bank: Bank) -> Actor:
    """Carol agrees to what others propose."""
    return member("carol", "backoffice.approve_proposal")
