"""Many hands on one wallet, one reference, one user: the database decides, once."""

from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from identity.models import User
from tests.concurrency.conftest import Holder
from tests.support.shop import open_customer
from tests.support.threads import race
from tokens.errors import InsufficientTokens, ReferenceReused
from tokens.kinds import AccountKind, PostedEntry
from tokens.models import Account, Entry, Posting, Wallet
from tokens.services.wallets import ensure_wallet, open_wallet

THREADS = 32
OPENERS = 16
ROUNDS = 8


def test_of_thirty_two_who_spend_the_last_token_one_does(alice: Holder):
    alice.give(1)

    answers = race([lambda: alice.spend(1)] * THREADS)

    winners = [answer for answer in answers if isinstance(answer, PostedEntry)]
    assert [(winner.balance, winner.seq, winner.replayed) for winner in winners] == [(0, 2, False)]
    assert sum(isinstance(answer, InsufficientTokens) for answer in answers) == THREADS - 1
    assert (alice.wallet.balance, alice.wallet.seq, alice.wallet.total_spent) == (0, 2, 1)
    assert Entry.objects.count() == 2


def test_thirty_two_spends_of_all_there_is_leave_nothing_and_no_gap(alice: Holder):
    alice.give(3 * THREADS)

    answers = race([lambda: alice.spend(3)] * THREADS)

    posted = [answer for answer in answers if isinstance(answer, PostedEntry)]
    assert sorted(each.seq for each in posted) == list(range(2, THREADS + 2))
    assert sorted(each.balance for each in posted) == list(range(0, 3 * THREADS, 3))
    assert alice.wallet.balance == 0


def test_one_reference_posted_by_thirty_two_is_one_entry_and_thirty_one_replays(alice: Holder):
    answers = race([lambda: alice.give(250, "grant:once")] * THREADS)

    posted = [answer for answer in answers if isinstance(answer, PostedEntry)]
    assert len(posted) == THREADS
    assert len({(each.entry_id, each.balance, each.seq) for each in posted}) == 1
    assert sum(each.replayed for each in posted) == THREADS - 1
    assert (alice.wallet.balance, alice.wallet.seq, alice.wallet.version) == (250, 1, 2)
    assert Entry.objects.count() == 1


def test_one_reference_with_two_contents_is_one_entry_and_the_other_content_is_refused(alice: Holder):
    works = [partial(alice.give, 1 + n % 2, "grant:contested") for n in range(THREADS)]

    answers = race(works)

    posted = [answer for answer in answers if isinstance(answer, PostedEntry)]
    assert len(posted) == THREADS // 2
    assert sum(isinstance(answer, ReferenceReused) for answer in answers) == THREADS // 2
    assert len({each.entry_id for each in posted}) == 1
    assert Entry.objects.count() == 1
    assert alice.wallet.balance == posted[0].balance


def test_a_reference_contested_by_two_wallets_credits_one_of_them(alice: Holder, bob: Holder):
    answers = race([partial(holder.give, 5, "grant:for-one") for holder in (alice, bob) * (THREADS // 2)])

    assert sum(isinstance(answer, ReferenceReused) for answer in answers) == THREADS // 2
    assert sorted([alice.wallet.balance, bob.wallet.balance]) == [0, 5]


def test_posts_on_two_wallets_in_opposite_orders_wait_for_nobody(alice: Holder, bob: Holder):
    def post(first: Holder, second: Holder) -> None:
        for _ in range(ROUNDS):
            first.give(1)
            second.give(1)

    orders = ((alice, bob), (bob, alice))
    race([partial(post, *orders[number % 2]) for number in range(THREADS)])

    for holder in (alice, bob):
        assert (holder.wallet.balance, holder.wallet.seq) == (THREADS * ROUNDS, THREADS * ROUNDS)


def test_of_two_transactions_that_lock_wallets_against_the_order_one_loses_whole(alice: Holder, bob: Holder):
    """Nothing of ours locks two wallets so; if it ever does, the database picks a loser, and keeps no half."""

    def post(first: Holder, second: Holder, tokens: int) -> int:
        try:
            with transaction.atomic():
                first.give(tokens)
                second.give(tokens)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != "40P01":
                raise
            return 0
        return tokens

    answers = race([partial(post, alice, bob, 1), partial(post, bob, alice, 10)])

    kept = sum(answer for answer in answers if isinstance(answer, int))
    assert kept in (1, 10, 11)
    assert (alice.wallet.balance, bob.wallet.balance) == (kept, kept)


def test_spends_and_grants_at_once_never_show_a_balance_below_zero(alice: Holder):
    works = [lambda: alice.give(1), lambda: alice.spend(1)] * (THREADS // 2)

    answers = race(works)

    refused = sum(isinstance(answer, InsufficientTokens) for answer in answers)
    assert alice.wallet.balance == refused
    shown = Posting.objects.filter(account_id=alice.account_id).values_list("balance_after", flat=True)
    assert len(shown) == THREADS - refused
    assert all(balance is not None and balance >= 0 for balance in shown)


@pytest.mark.parametrize("is_first_known", [False, True], ids=["new", "known"])
def test_sixteen_who_open_one_users_wallet_open_one(alice: Holder, is_first_known: bool):
    carol = _without_wallet()
    if is_first_known:
        ensure_wallet(user_id=carol, now=timezone.now())

    answers = race([lambda: open_wallet(user_id=carol, document_id=str(carol), now=timezone.now())] * OPENERS)

    assert len(set(answers)) == 1
    assert Account.objects.filter(owner_id=carol).count() == 1
    wallet = Wallet.objects.get(account__owner_id=carol)
    assert wallet.account_id == answers[0]
    assert (wallet.document_id, wallet.balance, wallet.version) == (str(carol), 0, 1)
    assert Account.objects.filter(kind=AccountKind.WALLET).count() == 2


def test_sixteen_who_need_a_wallet_that_was_never_opened_get_the_same(alice: Holder):
    carol = _without_wallet()

    answers = race([lambda: ensure_wallet(user_id=carol, now=timezone.now()).account_id] * OPENERS)

    assert len(set(answers)) == 1
    assert Account.objects.filter(owner_id=carol).count() == 1


def test_one_person_signing_up_sixteen_times_at_once_is_one_user_with_one_wallet(alice: Holder):
    answers = race([lambda: open_customer("carol").id] * OPENERS)

    assert len({answer for answer in answers if isinstance(answer, UUID)}) == 1
    assert User.objects.filter(email="carol@example.com").count() == 1
    assert Account.objects.filter(kind=AccountKind.WALLET).count() == 2


def _without_wallet() -> UUID:
    """Somebody who was made at the command line: no wallet was opened."""
    return User.objects.create_user(email=f"carol-{uuid4()}@example.com", password=None).id
