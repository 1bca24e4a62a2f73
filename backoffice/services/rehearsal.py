"""Where an action would lead: it is done for real, looked at, and rolled back. No second reckoning to go wrong."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from backoffice.kinds import Effect
from tokens.queries.wallets import WalletState, wallets_by_account
from tokens.services.wallets import tidy


@contextmanager
def rehearsal() -> Iterator[None]:
    """A transaction of which nothing stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def on_wallet(
    account_id: uuid.UUID,
    act: Callable[[], object],
    *,
    now: datetime,
    lock: Callable[[], object] = lambda: None,
) -> list[Effect]:
    """What `act` would change in a wallet. Whatever it raises is raised. `lock` takes what is locked before wallets."""
    with rehearsal():
        lock()
        tidy(account_id=account_id, now=now)
        before = _wallet(account_id)
        act()
        after = _wallet(account_id)
    return _compared(before, after)


def _wallet(account_id: uuid.UUID) -> WalletState:
    (wallet,) = wallets_by_account([account_id])
    return wallet


def _compared(before: WalletState, after: WalletState) -> list[Effect]:
    moved = after.balance - before.balance
    effects = [Effect("Tokens given" if moved >= 0 else "Tokens taken", f"{abs(moved):,}")]
    effects.append(Effect("Tokens in the wallet", f"{after.balance:,}", f"{before.balance:,}"))
    if after.debt or before.debt:
        effects.append(Effect("Tokens owed", f"{after.debt:,}", f"{before.debt:,}"))
    return effects
