"""Posting entries."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirror.queries.outbox import backlog
from tests.support.shop import open_customer
from tests.tokens.conftest import Bank
from tokens.errors import InsufficientTokens, ReferenceReused, WalletNotFound
from tokens.kinds import SYSTEM_ACCOUNT_IDS, AccountKind, EntryType
from tokens.limits import ENTRY_TOKENS_MAX
from tokens.models import Account, Entry, Posting
from tokens.queries.entries import describe, entry_of_purchase, history_of, posting_of, totals_as_of
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import wallets_by_account
from tokens.services import ledger
from tokens.services.wallets import open_wallet


def test_a_credit_moves_tokens_from_the_house_to_the_wallet(sound_bank: Bank):
    purchase = uuid4()

    posted = sound_bank.credit(200, bonus=50, purchase=purchase)

    wallet = sound_bank.wallet
    assert (posted.balance, posted.seq, posted.replayed) == (250, 1, False)
    assert (wallet.balance, wallet.available, wallet.total_purchased, wallet.total_earned) == (
        250,
        250,
        200,
        50,
    )
    lines = Posting.objects.filter(entry_id=posted.entry_id).order_by("line")
    assert [(line.account.kind, line.amount) for line in lines] == [
        ("wallet", 250),
        ("issuance", -200),
        ("promotions", -50),
    ]
    entry = entry_of_purchase(purchase)
    assert entry is not None
    assert (entry.id, describe(posting_of(entry.id)), str(entry)) == (
        posted.entry_id,
        "Bought tokens: Basic",
        entry.reference,
    )


def test_the_same_reference_with_the_same_content_is_a_replay(sound_bank: Bank):
    first = sound_bank.credit(100, reference="purchase:1")
    sound_bank.credit(7)

    again = sound_bank.credit(100, reference="purchase:1")

    assert (again.entry_id, again.balance, again.seq, again.replayed) == (first.entry_id, 100, 1, True)
    assert sound_bank.wallet.balance == 107


def test_the_same_reference_with_another_content_is_refused(sound_bank: Bank):
    sound_bank.credit(100, reference="purchase:1")
    before = sound_bank.wallet

    for change in (
        lambda: sound_bank.credit(101, reference="purchase:1"),
        lambda: sound_bank.credit(99, bonus=1, reference="purchase:1"),
        lambda: sound_bank.credit(100, reference="purchase:1", purchase=uuid4()),
        lambda: sound_bank.spend(100, reference="purchase:1"),
    ):
        with pytest.raises(ReferenceReused):
            change()

    assert sound_bank.wallet == before
    assert Entry.objects.count() == 1


def test_a_wallet_does_not_fall_below_zero(sound_bank: Bank):
    sound_bank.credit(100)
    before = sound_bank.wallet

    with pytest.raises(InsufficientTokens):
        sound_bank.spend(101)

    assert sound_bank.wallet == before
    assert Entry.objects.count() == 1
    sound_bank.spend(100)
    assert (sound_bank.wallet.balance, sound_bank.wallet.total_spent) == (0, 100)


def test_a_refusal_leaves_the_callers_transaction_usable_after_its_savepoint(sound_bank: Bank):
    with transaction.atomic():
        with pytest.raises(InsufficientTokens), transaction.atomic():
            sound_bank.spend(1)
        sound_bank.credit(5)

    assert sound_bank.wallet.balance == 5


def test_an_unknown_wallet_is_refused(sound_bank: Bank):
    with pytest.raises(WalletNotFound):
        ledger.post(
            entry_type=EntryType.GRANT,
            reference="grant:1",
            account_id=uuid4(),
            counter_lines={AccountKind.PROMOTIONS: -1},
            now=timezone.now(),
        )

    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "lines", [{}, {AccountKind.ISSUANCE: 0}, {AccountKind.ISSUANCE: -ENTRY_TOKENS_MAX - 1}]
)
def test_an_entry_that_moves_nothing_or_too_much_is_a_bug_of_the_caller(sound_bank: Bank, lines):
    with pytest.raises(ValueError, match="An entry moves"):
        ledger.post(
            entry_type=EntryType.GRANT,
            reference="grant:1",
            account_id=sound_bank.wallet.account_id,
            counter_lines=lines,
            now=timezone.now(),
        )


def test_lines_of_the_house_that_cancel_out_are_a_bug_of_the_caller(sound_bank: Bank):
    with pytest.raises(IntegrityError, match="posting_moves_something"):
        ledger.post(
            entry_type=EntryType.ADJUSTMENT,
            reference="adjustment:1",
            account_id=sound_bank.wallet.account_id,
            counter_lines={AccountKind.ISSUANCE: -1, AccountKind.EXPIRED: 1},
            now=timezone.now(),
        )
    assert not Entry.objects.exists()


def test_every_change_of_a_wallet_asks_for_its_mirroring_in_the_same_transaction(sound_bank: Bank):
    due = backlog()
    with transaction.atomic():
        sound_bank.credit(5)
        transaction.set_rollback(True)

    assert backlog() == due
    sound_bank.credit(5)
    assert backlog() >= 1


def test_opening_a_wallet_again_finds_it(sound_bank: Bank):
    again = open_wallet(user_id=sound_bank.alice.id, document_id="another", now=timezone.now())

    assert again == sound_bank.wallet.account_id
    assert sound_bank.wallet.document_id == str(sound_bank.alice.id)


def test_the_houses_accounts_are_the_same_everywhere(sound_bank: Bank):
    stored = {account.kind: account.id for account in Account.objects.filter(owner=None)}

    assert stored == {kind.value: account_id for kind, account_id in SYSTEM_ACCOUNT_IDS.items()}
    assert {str(account) for account in Account.objects.filter(owner=None)} == set(stored)


def test_history_is_newest_first_and_can_be_of_one_type(sound_bank: Bank):
    sound_bank.credit(100)
    sound_bank.spend(30)
    sound_bank.credit(10)

    history = history_of(sound_bank.alice.id)
    assert [(line.seq, line.amount, line.balance_after) for line in history] == [
        (3, 10, 80),
        (2, -30, 70),
        (1, 100, 100),
    ]
    assert [line.seq for line in history_of(sound_bank.alice.id, entry_type="spend")] == [2]
    assert not history_of(open_customer("bob").id).exists()


def test_a_wallet_that_is_nobodys_is_none(sound_bank: Bank):
    assert wallets_by_account([uuid4()]) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(-60, 60).filter(bool), st.integers(0, 20)), max_size=25))
def test_whatever_is_posted_the_books_agree_with_a_simple_model(bank: Bank, moves: list[tuple[int, int]]):
    bank.alice = open_customer(f"alice-{uuid4()}")
    balance = bought = given_tokens = spent = 0
    seen = []
    for amount, bonus in moves:
        if amount > 0:
            bank.credit(amount, bonus=bonus)
            balance, bought, given_tokens = balance + amount + bonus, bought + amount, given_tokens + bonus
        elif balance + amount >= 0:
            bank.spend(-amount)
            balance, spent = balance + amount, spent - amount
        else:
            with pytest.raises(InsufficientTokens):
                bank.spend(-amount)
            continue
        seen.append((balance, bought, given_tokens, spent))

    wallet = bank.wallet
    assert (wallet.balance, wallet.total_purchased, wallet.total_earned, wallet.total_spent) == (
        balance,
        bought,
        given_tokens,
        spent,
    )
    for seq, (_, *totals) in enumerate(seen, start=1):
        was = totals_as_of(wallet.account_id, seq=seq)
        assert [was.purchased, was.earned, was.spent] == totals
    assert [line.balance_after for line in history_of(bank.alice.id).order_by("seq")] == [
        was[0] for was in seen
    ]
    assert find_imbalances() == []
