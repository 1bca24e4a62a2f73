"""A filled ledger, and what is done to the wallets in it."""

import random
import time
from datetime import UTC
from typing import Final

from django.utils import timezone

from foundation.limits import PAGE_SIZE
from tests.bench.credits import post_through_ledger, spend
from tests.bench.people import open_buyers, user_id_of
from tokens.queries.entries import describe, history_of
from tokens.queries.statements import statement_of
from tokens.queries.wallets import wallet_of
from tokens.services import seeding

WARM_UP = 50  # after so many, plans are made and the connection is open


def balance(wallet: int) -> None:
    """What its owner has."""
    assert wallet_of(user_id_of(wallet), now=timezone.now()).balance


def history(wallet: int) -> None:
    """The first page of it, in words."""
    assert [describe(line) for line in history_of(user_id_of(wallet))[:PAGE_SIZE]]


def statement(wallet: int) -> None:
    """What happened this month, in words."""
    now = timezone.now()
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    made = statement_of(user_id_of(wallet), since=month, until=now)
    assert [describe(line) for line in made.lines]


DEEDS: Final = {
    "credit": post_through_ledger,
    "spend": spend,
    "balance": balance,
    "history": history,
    "statement": statement,
}


class SeededLedger:
    """Wallets with so many entries each, as `seed_load` makes them."""

    def __init__(self) -> None:
        self._wallets = 0
        self._warm: set[str] = set()

    def fill(self, wallets: int, entries_each: int) -> int:
        """Open the customers and fill their wallets; give how many entries that took."""
        self._wallets = wallets
        account_ids = [buyer.account_id for buyer in open_buyers(wallets)]
        return seeding.fill(account_ids=account_ids, entries=wallets * entries_each, now=timezone.now())

    def rate(self, deed: str, seconds: float) -> float:
        """How often the deed is done per second, each time to any wallet."""
        do = DEEDS[deed]
        if deed not in self._warm:
            self._warm.add(deed)
            for _ in range(WARM_UP):
                do(self._any())
        started = now = time.perf_counter()
        count = 0
        while now - started < seconds:
            do(self._any())
            count += 1
            now = time.perf_counter()
        return count / (now - started)

    def _any(self) -> int:
        return random.randint(1, self._wallets)
