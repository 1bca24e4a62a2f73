"""Races run on a database that commits; afterwards nothing in the books may be wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from payments.queries.integrity import find_credit_mismatches
from sandbox.stripe.client import SandboxControls
from tests.support.shop import Shop, open_customer
from tests.support.shop_fixtures import shop, stripe_sandbox
from tokens.kinds import AccountKind, EntryType, PostedEntry
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import WalletState, wallet_of
from tokens.services import ledger

__all__ = ["shop", "stripe_sandbox"]


@dataclass
class Holder:
    """Somebody with a wallet, who is given tokens and spends them."""

    user_id: UUID

    @cached_property
    def account_id(self) -> UUID:
        """The wallet's account."""
        return self.wallet.account_id

    @property
    def wallet(self) -> WalletState:
        """The wallet now."""
        return wallet_of(self.user_id)

    def give(self, tokens: int, reference: str = "") -> PostedEntry:
        """Post a grant."""
        return self._post(EntryType.GRANT, {AccountKind.PROMOTIONS: -tokens}, reference)

    def spend(self, tokens: int, reference: str = "") -> PostedEntry:
        """Post a spend."""
        return self._post(EntryType.SPEND, {AccountKind.REDEEMED: tokens}, reference)

    def _post(self, entry_type: EntryType, lines: dict[AccountKind, int], reference: str) -> PostedEntry:
        return ledger.post(
            entry_type=entry_type,
            reference=reference or f"test:{uuid4()}",
            account_id=self.account_id,
            counter_lines=lines,
            now=timezone.now(),
        )


def open_holder(name: str) -> Holder:
    """A new customer of this name."""
    holder = Holder(open_customer(name).id)
    assert holder.account_id == holder.wallet.account_id  # looked up before any race
    return holder


@pytest.fixture
def alice(transactional_db: None) -> Iterator[Holder]:
    """Alice, whose books are checked."""
    yield open_holder("alice")
    assert find_imbalances() == []
    assert find_credit_mismatches() == []


@pytest.fixture
def bob(alice: Holder) -> Holder:
    """Bob, beside Alice."""
    return open_holder("bob")


@pytest.fixture
def counter(stripe_sandbox: SandboxControls) -> Iterator[Shop]:
    """The four packages on sale at a Stripe that knows no webhook."""
    shop = Shop(stripe_sandbox, "")
    shop.publish()
    yield shop
    shop.assert_sound()
