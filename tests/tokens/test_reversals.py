"""A purchase's tokens go back to the house, and return, by targets."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests.tokens.conftest import Bank
from tokens.errors import PurchaseNotCredited
from tokens.kinds import AccountKind, EntryType, LotKind, Reversal
from tokens.models import Entry, Lot, Posting
from tokens.queries.entries import describe, history_of
from tokens.services import reversals

TOTAL = 1100


@pytest.fixture
def bought(sound_bank: Bank) -> UUID:
    """A purchase of 1,000 tokens and 100 bonus."""
    return buy(sound_bank)


def buy(bank: Bank, tokens: int = 1000, bonus: int = 100, **more) -> UUID:
    purchase = uuid4()
    bank.credit(tokens, bonus=bonus, purchase=purchase, **more)
    return purchase


def reverse(purchase: UUID, target: int, cause: EntryType = EntryType.REFUND, **more) -> Reversal:
    return reversals.reverse_to(
        purchase_id=purchase,
        target_tokens=target,
        cause=cause,
        reference=f"{cause.value}:{purchase}",
        now=more.pop("now", timezone.now()),
    )


def amounts(purchase: UUID) -> list[tuple[str, int]]:
    lines = Posting.objects.filter(entry__purchase_id=purchase, seq__isnull=False).order_by("seq")
    return list(lines.values_list("entry__type", "amount"))


def house(kind: AccountKind) -> int:
    return sum(Posting.objects.filter(account__kind=kind).values_list("amount", flat=True))


def test_all_of_an_unspent_purchase_goes_back(sound_bank: Bank, bought: UUID):
    done = reverse(bought, TOTAL)

    assert done.entry_id
    entry = Entry.objects.get(id=done.entry_id)
    assert (done.reversed_tokens, done.was_reversed) == (TOTAL, 0)
    assert (entry.type, entry.reference, entry.purchase_id) == ("refund", f"refund:{bought}:2", bought)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (0, 0)
    assert (sound_bank.wallet.total_purchased, sound_bank.wallet.total_earned) == (1000, 100)


def test_a_target_that_is_reached_changes_nothing(sound_bank: Bank, bought: UUID):
    reverse(bought, 550)
    before = sound_bank.wallet

    again = reverse(bought, 550)

    assert again == Reversal(None, 550, 550)
    assert sound_bank.wallet == before


def test_targets_in_steps_come_to_the_whole(sound_bank: Bank, bought: UUID):
    for target in (366, 733, TOTAL):
        reverse(bought, target)

    assert amounts(bought) == [("purchase", TOTAL), ("refund", -366), ("refund", -367), ("refund", -367)]


def test_a_part_takes_the_bonus_before_what_was_bought(sound_bank: Bank, bought: UUID):
    reverse(bought, 550)

    assert dict(Lot.objects.values_list("kind", "remaining")) == {LotKind.BONUS: 0, LotKind.PURCHASED: 550}


def test_what_was_spent_is_owed_and_the_next_credit_pays_it(sound_bank: Bank, bought: UUID):
    sound_bank.spend(300)
    reverse(bought, TOTAL)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt, house(AccountKind.REFUNDED)) == (0, 300, TOTAL)

    posted = sound_bank.credit(500)

    assert (posted.balance, sound_bank.wallet.balance, sound_bank.wallet.debt) == (500, 200, 0)
    repaid = Entry.objects.get(type=EntryType.DEBT_REPAYMENT)
    assert repaid.postings.get(line=1).amount == -300


def test_a_credit_smaller_than_the_debt_pays_a_part_of_it(sound_bank: Bank, bought: UUID):
    sound_bank.spend(300)
    reverse(bought, TOTAL)

    sound_bank.credit(120)

    assert (sound_bank.wallet.balance, sound_bank.wallet.debt, sound_bank.wallet.available) == (0, 180, 0)


def test_nothing_left_to_take_is_an_entry_that_moves_only_what_is_owed(sound_bank: Bank, bought: UUID):
    sound_bank.spend(TOTAL)

    reverse(bought, TOTAL)

    assert amounts(bought)[-1] == ("refund", 0)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt, sound_bank.wallet.seq) == (0, TOTAL, 3)


def test_debt_can_be_forgiven(sound_bank: Bank, bought: UUID, settings):
    settings.FORGIVE_DEBT = True
    sound_bank.spend(300)

    reverse(bought, TOTAL, EntryType.DISPUTE)

    assert (sound_bank.wallet.balance, sound_bank.wallet.debt, house(AccountKind.FORGIVEN)) == (0, 0, -300)
    reverse(bought, 0, EntryType.DISPUTE_WON)
    assert (sound_bank.wallet.balance, house(AccountKind.FORGIVEN)) == (800, 0)


def test_other_lots_are_taken_only_after_its_own(sound_bank: Bank, bought: UUID):
    other = buy(sound_bank, 500, 0)
    sound_bank.spend(900)

    reverse(bought, 200)
    assert Lot.objects.get(entry__purchase_id=other).remaining == 500
    reverse(bought, TOTAL)

    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (0, 400)


def test_a_dispute_won_returns_exactly_what_was_taken_to_where_it_was(sound_bank: Bank, bought: UUID):
    other = buy(sound_bank, 500, 50)
    sound_bank.spend(1000)
    before = {lot.id: lot.remaining for lot in Lot.objects.all()}
    reverse(bought, TOTAL, EntryType.DISPUTE)
    assert sound_bank.wallet.debt == 450

    reverse(bought, 0, EntryType.DISPUTE_WON)

    assert {lot.id: lot.remaining for lot in Lot.objects.all()} == before
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (650, 0)
    assert (house(AccountKind.REFUNDED), house(AccountKind.DEBT)) == (0, 0)
    reverse(other, 550)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (100, 0)


def test_what_was_owed_and_paid_since_returns_as_a_lot_of_its_own(sound_bank: Bank, bought: UUID):
    sound_bank.spend(TOTAL)
    reverse(bought, TOTAL, EntryType.DISPUTE)
    sound_bank.credit(600)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (0, 500)

    reverse(bought, 0, EntryType.DISPUTE_WON)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (600, 0)

    for target in (TOTAL, 0, 700, 100):  # and it is the purchase's own from now on
        reverse(bought, target, EntryType.DISPUTE)
        assert house(AccountKind.REFUNDED) == target
        assert sound_bank.wallet.balance - sound_bank.wallet.debt == 600 - target


@pytest.mark.parametrize("spent", [0, 40, 300, 1200, 1550])
def test_the_way_to_a_target_does_not_matter(sound_bank: Bank, bought: UUID, spent: int):
    """Up and down in steps ends where going there at once does: in the lots, too."""
    twin = Bank(sound_bank.bob)
    states = []
    for bank, purchase, way in ((sound_bank, bought, (900, 10, 1100, 0, 640)), (twin, buy(twin), (640,))):
        buy(bank, 450, 0)
        if spent:
            bank.spend(spent)
        for target in way:
            reverse(purchase, target, EntryType.DISPUTE)
        lots = Lot.objects.filter(account_id=bank.wallet.account_id).order_by("seq", "kind")
        states.append((bank.wallet.balance, bank.wallet.debt, list(lots.values_list("kind", "remaining"))))

    assert states[0] == states[1]


def test_what_has_expired_of_it_is_back_already(sound_bank: Bank):
    now = timezone.now()
    purchase = buy(sound_bank, expires_at=now + timedelta(days=1))
    sound_bank.credit(50)
    sound_bank.spend(100)

    later = now + timedelta(days=2)
    reverse(purchase, TOTAL, EntryType.DISPUTE, now=later)

    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (0, 50)
    assert house(AccountKind.REFUNDED) == TOTAL
    assert house(AccountKind.EXPIRED) == 0
    reverse(purchase, 0, EntryType.DISPUTE_WON, now=later)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt, house(AccountKind.EXPIRED)) == (50, 0, 1000)


def test_a_purchase_that_was_never_credited_cannot_be_reversed(sound_bank: Bank):
    with pytest.raises(PurchaseNotCredited):
        reverse(uuid4(), 1)


def test_a_target_past_the_purchase_is_a_bug_of_the_caller(sound_bank: Bank, bought: UUID):
    before = sound_bank.wallet
    with pytest.raises(Exception, match="not to be reversed to 1101"):
        reverse(bought, TOTAL + 1)
    with pytest.raises(ValueError, match="reverses no purchase"):
        reverse(bought, TOTAL, EntryType.SPEND)
    assert sound_bank.wallet == before


def test_each_step_is_told_in_words(sound_bank: Bank, bought: UUID):
    sound_bank.spend(TOTAL - 1)
    reverse(bought, 1)
    reverse(bought, 2)
    reverse(bought, TOTAL, EntryType.DISPUTE)
    reverse(bought, 2, EntryType.DISPUTE_WON)
    reverse(bought, 0)
    told = [describe(line) for line in history_of(sound_bank.alice.id).order_by("seq")]
    assert told[2:] == [
        "Refund: Basic",
        "Refund: Basic (1 token owed)",
        "Disputed payment: Basic (1,098 tokens owed)",
        "Dispute won: Basic (1,098 tokens no longer owed)",
        "Refund failed: Basic (1 token no longer owed)",
    ]
