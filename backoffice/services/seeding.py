"""Fills every app with rows that mean nothing, to measure what many of them cost."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from backoffice.limits import SEED_BATCH, SEED_SHARE
from identity.kinds import Person
from identity.services import seeding as identity
from mirror.services import seeding as mirror
from payments.services import seeding as payments
from security.services import seeding as security
from tokens.services import seeding as tokens

Tell = Callable[[str], object]
Row = TypeVar("Row")


def fill(*, customers: int, purchases: int, entries: int, now: datetime, tell: Tell) -> None:
    """Bring customers, their purchases and their entries to these numbers, and the other tables after them.

    What is there stays. Each batch is a transaction of its own, so that an interrupted run is gone on with by the next.

    :param entries: how many there are to be beside those of the purchases
    :param tell: is told what was done
    """
    payments.seed_packages(now=now)
    people = _people(customers, now)
    tell(f"{len(people)} customers are there.")
    user_ids = [each.user_id for each in people]
    accounts = [account for batch in _batches(user_ids) for account in tokens.accounts_of(batch)]
    buyers = [payments.Buyer(*each) for each in zip(people, accounts, strict=True)]
    new = payments.add_purchases(buyers=buyers, total=purchases, now=now)
    tell(f"{purchases} purchases are there, {new} of them new.")
    new = tokens.fill(account_ids=accounts, entries=entries, now=now)
    tell(f"{entries} other entries are there, {new} of them new.")
    share = -(-customers // SEED_SHARE)
    security.add_alerts(user_ids=user_ids, total=share, now=now)
    security.add_refusals(user_ids=user_ids, total=share, now=now)
    tell(f"{share} alerts and {share} refusals are there.")
    tell(f"{_mirror(now)} documents are noted as delivered.")


def _people(count: int, now: datetime) -> list[Person]:
    people = identity.seeded_people()
    for numbers in _ranges(len(people), count):
        added = identity.add_people(numbers=numbers, now=now)
        tokens.open_wallets(owners=[(each.user_id, each.document_id) for each in added], now=now)
        payments.add_stripe_customers(people=added, now=now)
        people += added
    return people


def _mirror(now: datetime) -> int:
    noted = 0
    for lines in _batches(tokens.entries_with_wallets()):
        paths = [f"transactions/{entry_id}" for entry_id, _ in lines]
        owners = [str(account_id) for _, account_id in lines]
        mirror.note_documents(kind="wallet", paths=paths, subject_ids=owners, now=now)
        noted += len(lines)
    for wallets in _batches(tokens.wallets_with_versions()):
        versions = [(str(account_id), version) for account_id, version in wallets]
        mirror.note_subjects(kind="wallet", versions=versions, now=now)
    return noted


def _ranges(first: int, end: int) -> Iterator[range]:
    return (range(at, min(at + SEED_BATCH, end)) for at in range(first, end, SEED_BATCH))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    each = iter(rows)
    while batch := list(islice(each, SEED_BATCH)):
        yield batch
