"""Whatever is done to a wallet, in whatever order, it agrees with a bank in memory after each step."""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from foundation.errors import Refusal
from tests.support.freezing import freeze, unfreeze
from tests.support.shop import open_customer
from tests.tokens.bank_model import NEVER, Hold, Model, Purchase
from tokens.errors import AccountFrozen, HoldAlreadyCaptured, HoldAlreadyReleased, HoldExpired
from tokens.errors import InsufficientTokens as TooFew
from tokens.kinds import AccountKind, EntryType, ServiceCall
from tokens.models import Lot
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import wallet_of
from tokens.services import holds, ledger, reversals, spending
from tokens.services.sweeps import sweep_wallets

EXAMPLES, STEPS = 60, 45
TOKENS = st.integers(1, 60)
LIFETIMES = st.sampled_from([None, None, 1, 6, 30])  # hours
OVER: dict[str, type[Refusal]] = {
    "captured": HoldAlreadyCaptured,
    "released": HoldAlreadyReleased,
    "expired": HoldExpired,
}


class Bank(RuleBasedStateMachine):
    """Alice's wallet, and the model of it. `repeat` does the last call again, as a lost answer makes callers do."""

    placed: Bundle[tuple[UUID, Hold]] = Bundle("placed")
    bought: Bundle[tuple[UUID, Purchase]] = Bundle("bought")
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.alice = open_customer(f"alice-{uuid4()}")
        self.account_id = wallet_of(self.alice.id).account_id
        self.model = Model()
        self.now = timezone.now()
        self.repeat: Callable[[], object] = lambda: None

    def call(self) -> ServiceCall:
        return ServiceCall("renderer", str(uuid4()), "Because")

    def until(self, hours: int | None):
        return self.now + timedelta(hours=hours) if hours else None

    def done(self, work: Callable[[], object]) -> object:
        self.repeat = work
        return work()

    @rule(target=bought, tokens=TOKENS, bonus=st.integers(0, 20), hours=LIFETIMES)
    def buy(self, tokens: int, bonus: int, hours: int | None):
        purchase_id, purchase, now, until = uuid4(), Purchase(tokens + bonus), self.now, self.until(hours)
        self.done(
            lambda: ledger.post(
                entry_type=EntryType.PURCHASE,
                reference=f"purchase:{purchase_id}",
                account_id=self.account_id,
                counter_lines={AccountKind.ISSUANCE: -tokens, AccountKind.PROMOTIONS: -bonus},
                purchase_id=purchase_id,
                cost_cents=99,
                expires_at=until,
                now=now,
            )
        )
        self.model.credit(tokens, bonus, now, until or NEVER, purchase)
        return purchase_id, purchase

    @rule(tokens=TOKENS, hours=LIFETIMES)
    def grant(self, tokens: int, hours: int | None):
        call, now, until = self.call(), self.now, self.until(hours)
        self.done(
            lambda: spending.grant(
                user_id=self.alice.id,
                amount=tokens,
                category=EntryType.GRANT,
                call=call,
                expires_at=until,
                now=now,
            )
        )
        self.model.credit(0, tokens, now, until or NEVER)

    def refusal_of_use(self, tokens: int) -> type[Refusal] | None:
        if self.model.frozen:
            return AccountFrozen
        return TooFew if tokens > self.model.available(self.now) else None

    @rule(tokens=TOKENS)
    def spend(self, tokens: int):
        call, now = self.call(), self.now

        def spend() -> object:
            return spending.spend(user_id=self.alice.id, amount=tokens, call=call, now=now)

        if refusal := self.refusal_of_use(tokens):
            with pytest.raises(refusal) as refused:
                spend()
            if refusal is TooFew:
                members = {"available": self.model.available(now), "required": tokens}
                assert refused.value.members == members
            return
        self.done(spend)
        self.model.tidy(now)
        self.model.use(tokens)

    @rule(target=placed, tokens=TOKENS, hours=st.integers(1, 10))
    def place(self, tokens: int, hours: int):
        call, now, until = self.call(), self.now, self.now + timedelta(hours=hours)

        def place():
            return holds.place(user_id=self.alice.id, amount=tokens, expires_at=until, call=call, now=now)

        if refusal := self.refusal_of_use(tokens):
            with pytest.raises(refusal):
                place()
            return multiple()
        hold = place()
        self.repeat = place
        return hold.id, self.model.place(tokens, now, until)

    def resolve(self, hold: Hold, work: Callable[[], object]) -> bool:
        """Do it, unless it is refused, as it must be."""
        late = hold.status == "placed" and hold.expires_at <= self.now
        if refusal := HoldExpired if late else OVER.get(hold.status):
            with pytest.raises(refusal):
                work()
            return False
        self.done(work)
        return True

    @rule(held=placed, left=st.integers(0, 20))
    def capture(self, held: tuple[UUID, Hold], left: int):
        (hold_id, hold), key, now = held, str(uuid4()), self.now
        tokens = max(1, hold.amount - left)
        if self.resolve(
            hold,
            lambda: holds.capture(service="renderer", hold_id=hold_id, key=key, amount=tokens, now=now),
        ):
            self.model.capture(hold, tokens, now)

    @rule(held=placed)
    def release(self, held: tuple[UUID, Hold]):
        (hold_id, hold), key, now = held, str(uuid4()), self.now
        if self.resolve(hold, lambda: holds.release(service="renderer", hold_id=hold_id, key=key, now=now)):
            self.model.let_go(hold, "released")
            self.model.tidy(now)

    @rule(
        which=bought,
        share=st.sampled_from([0, 1, 2, 3, 4]),
        cause=st.sampled_from([EntryType.REFUND, EntryType.DISPUTE]),
    )
    def reverse(self, which: tuple[UUID, Purchase], share: int, cause: EntryType):
        """Refunds and disputes raise the target; failed and won ones lower it."""
        (purchase_id, purchase), now = which, self.now
        target = purchase.total * share // 4
        if cause == EntryType.DISPUTE and target < purchase.reversed:
            cause = EntryType.DISPUTE_WON

        def reverse() -> object:
            return reversals.reverse_to(
                purchase_id=purchase_id,
                target_tokens=target,
                cause=cause,
                reference=f"{cause.value}:{purchase_id}",
                now=now,
            )

        self.done(reverse)
        self.model.reverse(purchase, target, now)

    @rule()
    def freeze_or_unfreeze(self):
        self.model.frozen = not self.model.frozen
        reference = f"freeze-{self.model.count}-{uuid4()}"
        if self.model.frozen:
            self.cause = reference
            freeze(self.alice, reference=reference)
        else:
            unfreeze(self.alice, reference=self.cause)

    @rule(hours=st.integers(1, 12))
    def time_passes(self, hours: int):
        self.now += timedelta(hours=hours)

    @rule()
    def sweep(self):
        sweep_wallets(now=self.now)
        self.model.tidy(self.now)

    @rule()
    def the_last_call_is_made_again(self):
        self.repeat()

    @invariant()
    def it_agrees_with_the_model(self):
        Bank.steps += 1
        wallet = wallet_of(self.alice.id)
        told = (wallet.balance, wallet.held, wallet.debt, wallet.frozen)
        assert told == (self.model.balance, self.model.held, self.model.debt, self.model.frozen)
        assert wallet_of(self.alice.id, now=self.now).available == self.model.available(self.now)
        lots = Lot.objects.filter(account_id=self.account_id, is_open=True).order_by("seq", "is_bought")
        assert sorted(lots.values_list("remaining", "held")) == sorted(
            (lot.remaining, lot.held) for lot in self.model.lots if lot.remaining
        )


@pytest.mark.long
def test_every_history_of_a_wallet_agrees_with_a_simple_model(transactional_db: None):
    Bank.steps = 0
    run_state_machine_as_test(
        Bank,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Bank.steps >= 2_000
    assert find_imbalances() == []
