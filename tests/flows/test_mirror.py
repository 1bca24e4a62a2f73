"""The mirror under real wallets: long backlogs, many at once, wiped, edited by hand, compared while people buy."""

import itertools
import random
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from google.cloud import firestore

from mirror.kinds import Batch
from mirror.models import Drift, OutboxRow
from mirror.services import scan
from mirror.services.dispatch import deliver_due
from tests.support.firestore_proxy import FirestoreProxy
from tests.support.shop import open_customer
from tests.support.shown import assert_existed_in_order, assert_shown, states_committed
from tests.support.threads import in_threads
from tokens.kinds import AccountKind, EntryType
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import WalletState, wallet_of
from tokens.services import ledger

pytestmark = pytest.mark.django_db(transaction=True)
BACKLOG = 2_000


@pytest.fixture
def proxy(settings):
    proxy = FirestoreProxy(settings.FIRESTORE_EMULATOR_HOST)
    settings.FIRESTORE_EMULATOR_HOST = proxy.address
    yield proxy
    proxy.stop()


@pytest.fixture
def client():
    client = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    yield client
    client.close()


def open_wallets(count: int) -> list[WalletState]:
    return [wallet_of(open_customer(f"p{uuid4().hex[:12]}").id) for _ in range(count)]


def post(account_id: UUID, tokens: int) -> None:
    is_credit = tokens > 0
    ledger.post(
        entry_type=EntryType.GRANT if is_credit else EntryType.SPEND,
        reference=f"test:{uuid4()}",
        account_id=account_id,
        counter_lines={AccountKind.PROMOTIONS if is_credit else AccountKind.REDEEMED: -tokens},
        now=timezone.now(),
    )


def move_tokens(account_id: UUID, times: int, *, seed: int = 1) -> None:
    """Credit and spend, never below zero."""
    chance, balance = random.Random(seed), 0
    for _ in range(times):
        tokens = chance.randint(1, 9)
        tokens = -tokens if balance > tokens and chance.random() < 0.4 else tokens
        balance += tokens
        post(account_id, tokens)


def test_a_backlog_of_2000_entries_is_shown_in_order_and_only_with_balances_that_were(proxy, client):
    (wallet,) = open_wallets(1)
    move_tokens(wallet.account_id, BACKLOG)
    deliver_due(clock=timezone.now)
    assert not OutboxRow.objects.exists()
    assert_existed_in_order(proxy, [wallet])
    assert len(states_committed(proxy)[wallet.document_id]) == BACKLOG / 200
    assert_shown(client, wallet)


def test_fifty_wallets_are_delivered_at_once_while_writers_go_on_and_each_in_order(proxy, client):
    wallets = open_wallets(50)
    writing = threading.Semaphore(0)

    def write(part: int) -> None:
        try:
            for number, wallet in enumerate(wallets[part::4]):
                move_tokens(wallet.account_id, 20, seed=number)
        finally:
            writing.release()

    def work() -> None:
        while not writing.acquire(blocking=False):
            deliver_due(clock=timezone.now)
        writing.release()

    in_threads([*[lambda part=part: write(part) for part in range(4)], work, work, work])
    deliver_due(clock=timezone.now)
    assert not OutboxRow.objects.exists()
    assert_existed_in_order(proxy, wallets)
    for wallet in wallets:
        assert_shown(client, wallet)
    assert find_imbalances() == []


def test_a_wiped_firestore_is_rebuilt_and_equals_the_ledger(proxy, client, shop):
    wallets = open_wallets(12)
    for number, wallet in enumerate(wallets):
        move_tokens(wallet.account_id, 3 * number, seed=number)
    deliver_due(clock=timezone.now)
    for collection in ("users", "transactions", "packages"):
        for document in client.collection(collection).list_documents():
            document.delete()
    proxy.commits.clear()
    for kind in ("wallet", "package"):  # other tests register kinds of their own
        call_command("rebuild_mirror", kind=kind, stdout=StringIO())
    assert_existed_in_order(proxy, wallets)
    for wallet in wallets:
        assert_shown(client, wallet)
    assert (client.document("packages/pro").get().to_dict() or {})["price_cents"] == 2999
    assert Drift.objects.filter(kind="wallet").count() == len(wallets)
    assert not Drift.objects.filter(repaired_at__isnull=True).exists()


def test_a_balance_edited_by_hand_is_found_and_put_right_beside_the_owners_profile(client):
    (wallet,) = open_wallets(1)
    move_tokens(wallet.account_id, 5)
    deliver_due(clock=timezone.now)
    document = client.document(f"users/{wallet.document_id}")
    document.update(
        {"tokenBalance": 1_000_000, "walletVersion": 10**9, "displayName": "Alice", "app": {"x": 1}}
    )
    client.collection("transactions").document("gift").set({"userId": wallet.document_id, "amount": 999_995})
    scan.scan(is_full=True, clock=timezone.now, kinds=["wallet"])
    assert_shown(client, wallet)
    assert (document.get().to_dict() or {})["app"] == {"x": 1}
    drift = Drift.objects.get()
    assert (drift.subject_id, drift.differing, drift.surplus) == (str(wallet.account_id), 1, 1)
    assert drift.repaired_at is not None


def test_a_customers_own_fields_are_no_drift_even_before_the_wallet_is_shown(client):
    (wallet,) = open_wallets(1)
    client.document(f"users/{wallet.document_id}").set({"displayName": "Alice"})
    scan.rebuild_subjects(kind="wallet", subject_ids=[str(wallet.account_id)], clock=timezone.now)
    assert_shown(client, wallet)
    assert not Drift.objects.exists()


class Live:
    """Wallets written to while others work, until enough was compared.

    The writer stays a few entries ahead of the comparisons: each of them reads a wallet's whole history, so that
    a writer at full speed would make them slower and slower on a busy machine.
    """

    COMPARISONS_PER_WALLET = 5
    ENTRIES_PER_COMPARISON = 4
    ENTRIES_AHEAD = 40

    def __init__(self, wallets: list[WalletState]) -> None:
        self.wallets = wallets
        self.compared = 0
        self.is_over = False
        self._changed = threading.Condition()

    def write(self) -> None:
        """Write until each wallet was compared five times on average."""
        with self._until_over():
            turns = itertools.cycle(self.wallets)
            for written in itertools.count():
                if not self._may_write(written):
                    return
                post(next(turns).account_id, 5)

    def _may_write(self, written: int) -> bool:
        """Wait for the next entry's turn; tell whether there is one."""

        def is_settled() -> bool:
            ahead = written - self.ENTRIES_PER_COMPARISON * self.compared
            return self.is_over or self._is_enough() or ahead < self.ENTRIES_AHEAD

        with self._changed:
            self._changed.wait_for(is_settled)
            return not (self.is_over or self._is_enough())

    def _is_enough(self) -> bool:
        return self.compared >= self.COMPARISONS_PER_WALLET * len(self.wallets)

    @contextmanager
    def _until_over(self) -> Generator[None]:
        """Whoever ends, also by an error, ends it for all."""
        try:
            yield
        finally:
            with self._changed:
                self.is_over = True
                self._changed.notify_all()

    def meanwhile(self, work: Callable[[], Iterable[object]]) -> Callable[[], None]:
        """Repeat some work as long as wallets are written to."""

        def repeat() -> None:
            with self._until_over():
                while not self.is_over:
                    for batch in work():
                        self._count(batch.compared if isinstance(batch, Batch) else 0)

        return repeat

    def _count(self, compared: int) -> None:
        with self._changed:
            self.compared += compared
            self._changed.notify_all()


def test_scans_and_rebuilds_of_a_live_system_find_no_drift_that_is_none(client):
    live = Live(open_wallets(10))
    in_threads(
        [
            live.write,
            live.meanwhile(lambda: [deliver_due(clock=timezone.now)]),
            live.meanwhile(lambda: [deliver_due(clock=timezone.now)]),
            live.meanwhile(lambda: scan.scan(is_full=True, clock=timezone.now, kinds=["wallet"])),
            live.meanwhile(lambda: scan.rebuild(kind="wallet", after="", clock=timezone.now)),
        ]
    )
    deliver_due(clock=timezone.now)
    assert not OutboxRow.objects.exists()
    assert not Drift.objects.exists()
    for wallet in live.wallets:
        assert_shown(client, wallet)
