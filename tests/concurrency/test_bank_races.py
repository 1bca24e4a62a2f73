"""Many hands on lots, holds and reversals: each token is used once, and nobody waits for ever."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from foundation.errors import Refusal
from identity.kinds import SYSTEM_ACTOR, Scope
from identity.services.api_keys import create_api_key
from tests.concurrency.conftest import Holder, open_holder
from tests.support.threads import race
from tokens.errors import HoldAlreadyCaptured, HoldAlreadyReleased, InsufficientTokens
from tokens.kinds import AccountKind, EntryType, PostedEntry, Reversal, ServiceCall
from tokens.models import Entry, Hold
from tokens.queries.integrity import find_imbalances
from tokens.services import bulk, holds, ledger, reversals, spending
from tokens.services.bulk import Gift
from tokens.services.sweeps import sweep_wallets

Work = Callable[[], object]
THREADS = 32
ROUNDS = 5


@pytest.fixture
def alice(transactional_db: None) -> Iterator[Holder]:
    """Alice, whose ledger is checked; her purchases are entries only."""
    yield open_holder("alice")
    assert find_imbalances() == []


def call(key: str = "") -> ServiceCall:
    return ServiceCall("renderer", key or str(uuid4()), "Because")


def buy(holder: Holder, tokens: int, bonus: int = 0) -> UUID:
    purchase_id = uuid4()
    ledger.post(
        entry_type=EntryType.PURCHASE,
        reference=f"purchase:{purchase_id}",
        account_id=holder.account_id,
        counter_lines={AccountKind.ISSUANCE: -tokens, AccountKind.PROMOTIONS: -bonus},
        purchase_id=purchase_id,
        now=timezone.now(),
    )
    return purchase_id


def reverse(purchase_id: UUID, target: int) -> Reversal:
    return reversals.reverse_to(
        purchase_id=purchase_id,
        target_tokens=target,
        cause=EntryType.REFUND,
        reference=f"refund:{purchase_id}",
        now=timezone.now(),
    )


def place(holder: Holder, tokens: int, *, seconds: int = 600) -> Hold:
    until = timezone.now() + timedelta(seconds=seconds)
    return holds.place(
        user_id=holder.user_id, amount=tokens, expires_at=until, call=call(), now=timezone.now()
    )


def test_of_thirty_two_requests_for_the_last_token_one_gets_it_and_the_others_402(alice: Holder):
    alice.give(1)
    key = create_api_key(
        service="renderer", scopes=[Scope.TOKENS_SPEND], actor=SYSTEM_ACTOR, now=timezone.now()
    )

    def spend() -> int:
        headers = {"Authorization": f"Api-Key {key}", "Idempotency-Key": str(uuid4())}
        body = {"user": str(alice.user_id), "amount": 1, "reason": "Because"}
        answer = Client().post("/api/tokens/spend", body, content_type="application/json", headers=headers)
        return answer.status_code

    assert Counter(race([spend] * THREADS)) == {201: 1, 402: THREADS - 1}
    assert (alice.wallet.balance, alice.wallet.total_spent) == (0, 1)


def test_one_call_made_by_many_at_once_spends_once(alice: Holder):
    alice.give(100)
    answers = race(
        [lambda: spending.spend(user_id=alice.user_id, amount=7, call=call("once"), now=timezone.now())] * 8
    )
    assert len({answer.entry_id for answer in answers if isinstance(answer, PostedEntry)}) == 1
    assert alice.wallet.balance == 93


def test_of_two_captures_of_one_hold_one_wins(alice: Holder):
    for _ in range(ROUNDS):
        alice.give(10)
        hold = place(alice, 10)

        answers = race(
            [
                partial(
                    holds.capture,
                    service="renderer",
                    hold_id=hold.id,
                    key=str(uuid4()),
                    now=timezone.now(),
                )
                for _ in range(2)
            ]
        )

        assert sorted(isinstance(answer, Hold) for answer in answers) == [False, True]
        assert any(isinstance(answer, HoldAlreadyCaptured) for answer in answers)
    assert (alice.wallet.balance, alice.wallet.held, alice.wallet.total_spent) == (0, 0, 10 * ROUNDS)


def test_of_a_capture_and_a_release_one_wins(alice: Holder):
    for _ in range(ROUNDS):
        alice.give(10)
        hold, spent = place(alice, 10), alice.wallet.total_spent
        now = timezone.now()

        both: list[Callable[[], Hold]] = [
            partial(holds.capture, service="renderer", hold_id=hold.id, key="c", now=now),
            partial(holds.release, service="renderer", hold_id=hold.id, key="r", now=now),
        ]
        captured, released = race(both)

        if isinstance(captured, Hold):
            assert isinstance(released, HoldAlreadyCaptured)
            assert alice.wallet.total_spent == spent + 10
        else:
            assert isinstance(captured, HoldAlreadyReleased)
            assert alice.wallet.total_spent == spent
        assert alice.wallet.held == 0


def test_holds_and_spends_together_take_no_more_than_there_is(alice: Holder):
    alice.give(40)
    works: list[Work] = [partial(place, alice, 5) if n % 2 else partial(alice.spend, 5) for n in range(16)]

    answers = race(works)

    assert sum(isinstance(answer, InsufficientTokens) for answer in answers) == 8
    assert alice.wallet.available == 0


def test_a_hold_that_many_sweep_ends_once(alice: Holder):
    alice.give(10)
    place(alice, 10, seconds=1)
    later = timezone.now() + timedelta(seconds=2)
    race([lambda: sweep_wallets(now=later)] * 6)
    assert (alice.wallet.held, alice.wallet.balance) == (0, 10)


def test_tokens_that_many_sweep_expire_once(alice: Holder):
    now = timezone.now()
    spending.grant(
        user_id=alice.user_id,
        amount=10,
        category=EntryType.GRANT,
        call=call(),
        expires_at=now + timedelta(seconds=1),
        now=now,
    )
    race([lambda: sweep_wallets(now=now + timedelta(seconds=2))] * 6)
    assert Entry.objects.filter(type=EntryType.EXPIRY).count() == 1
    assert alice.wallet.balance == 0


def test_a_refund_against_spends_reverses_all_and_owes_what_was_spent(alice: Holder):
    for _ in range(ROUNDS):
        purchase = buy(alice, 90, 10)
        before = alice.wallet
        works: list[Work] = [partial(reverse, purchase, 100), *[partial(alice.spend, 10) for _ in range(5)]]
        answers = race(works)
        spent = sum(isinstance(answer, PostedEntry) for answer in answers) * 10
        assert not any(
            isinstance(answer, Refusal) and not isinstance(answer, InsufficientTokens) for answer in answers
        )
        owed = before.debt + 100 - (before.balance - spent)
        assert (alice.wallet.balance, alice.wallet.debt) == (0, owed)


def test_a_credit_against_a_refund_of_what_was_spent_pays_what_is_owed(alice: Holder):
    for _ in range(ROUNDS):
        spent = buy(alice, 100)
        alice.spend(100)
        both: list[Work] = [partial(reverse, spent, 100), partial(buy, alice, 150)]
        race(both)
        assert (alice.wallet.balance, alice.wallet.debt) == (50, 0)
        alice.spend(50)


def test_refunds_of_one_purchase_told_by_many_take_it_once(alice: Holder):
    purchase = buy(alice, 90, 10)
    race([partial(reverse, purchase, target) for target in (50, 50, 100, 100, 100, 50)])
    reverse(purchase, 100)
    assert (alice.wallet.balance, alice.wallet.debt) == (0, 0)


def test_bulk_grants_over_the_same_wallets_in_opposite_order_both_arrive(alice: Holder, bob: Holder):
    accounts = [alice.account_id, bob.account_id]

    def grant(order: list[UUID], turn: str) -> int:
        gifts = [Gift(f"grant:{turn}:{account}", account, 5) for account in order]
        return bulk.grant_many(gifts=gifts, category=EntryType.GRANT, now=timezone.now())

    for n in range(ROUNDS):
        works: list[Work] = [
            partial(grant, accounts[:: 1 if worker % 2 else -1], f"{n}-{worker}") for worker in range(8)
        ]
        assert race(works) == [2] * 8

    assert [alice.wallet.balance, bob.wallet.balance] == [5 * 8 * ROUNDS] * 2
    assert [alice.wallet.seq, bob.wallet.seq] == [8 * ROUNDS] * 2


def test_one_bulk_grant_made_by_many_arrives_once(alice: Holder, bob: Holder):
    gifts = [Gift(f"grant:{it.account_id}", it.account_id, 5) for it in (alice, bob)]

    def grant() -> int:
        return bulk.grant_many(gifts=gifts, category=EntryType.GRANT, now=timezone.now())

    answers = race([grant] * 6)

    assert sorted(str(answer) for answer in answers) == ["0"] * 5 + ["2"]
    assert (alice.wallet.balance, bob.wallet.balance) == (5, 5)


@pytest.mark.parametrize("owed", [False, True])
def test_a_bulk_grant_against_spends_loses_no_token(alice: Holder, bob: Holder, owed: bool):
    if owed:
        purchase = buy(alice, 10)
        alice.spend(10)
        reverse(purchase, 10)
    gifts = [[Gift(f"grant:{n}:{it.account_id}", it.account_id, 5) for it in (alice, bob)] for n in range(6)]
    works: list[Work] = [
        *[
            partial(bulk.grant_many, gifts=each, category=EntryType.PROMOTION, now=timezone.now())
            for each in gifts
        ],
        *[partial(bob.spend, 1) for _ in range(6)],
    ]
    answers = race(works)
    spent = sum(isinstance(answer, PostedEntry) for answer in answers)
    assert (alice.wallet.balance, bob.wallet.balance) == (20 if owed else 30, 30 - spent)
    assert alice.wallet.debt == 0
