"""Where tokens came from: which lots a credit opens, and in which order they are used."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.support.freezing import freeze
from tests.tokens.conftest import Bank
from tokens.errors import AccountFrozen, InsufficientTokens
from tokens.kinds import AccountKind, EntryType, LotKind
from tokens.models import Entry, Lot, LotUse, Posting
from tokens.queries.wallets import wallet_of
from tokens.services import ledger

DAY = timedelta(days=1)


def remaining(bank: Bank) -> list[tuple[int, int]]:
    lots = Lot.objects.filter(account_id=bank.wallet.account_id).order_by("seq", "-kind")
    return list(lots.values_list("amount", "remaining"))


def give(bank: Bank, tokens: int, *, expires_at=None, now=None, entry_type=EntryType.GRANT) -> None:
    ledger.post(
        entry_type=entry_type,
        reference=f"grant:{uuid4()}",
        account_id=bank.wallet.account_id,
        counter_lines={AccountKind.PROMOTIONS: -tokens},
        expires_at=expires_at,
        now=now or timezone.now(),
    )


def test_a_purchase_is_one_entry_that_opens_two_lots(sound_bank: Bank):
    posted = sound_bank.credit(200, bonus=50, cost_cents=1499)

    lots = Lot.objects.filter(entry_id=posted.entry_id).order_by("-amount")
    assert [(lot.kind, lot.amount, lot.remaining, lot.cost_cents, lot.expires_at) for lot in lots] == [
        (LotKind.PURCHASED, 200, 200, 1499, None),
        (LotKind.BONUS, 50, 50, 0, None),
    ]
    assert str(lots[0]) == "purchased lot of 200"


@pytest.mark.parametrize(
    ("entry_type", "counter", "kind"),
    [
        (EntryType.BONUS, AccountKind.PROMOTIONS, LotKind.BONUS),
        (EntryType.GRANT, AccountKind.PROMOTIONS, LotKind.PROMOTIONAL),
        (EntryType.PROMOTION, AccountKind.PROMOTIONS, LotKind.PROMOTIONAL),
        (EntryType.ADJUSTMENT, AccountKind.ISSUANCE, LotKind.ADJUSTMENT),
        (EntryType.REVERSAL, AccountKind.REDEEMED, LotKind.ADJUSTMENT),
        (EntryType.REFUND, AccountKind.REFUNDED, LotKind.ADJUSTMENT),
    ],
)
def test_every_credit_opens_a_lot_of_its_kind(sound_bank: Bank, entry_type, counter, kind):
    posted = ledger.post(
        entry_type=entry_type,
        reference="credit:1",
        account_id=sound_bank.wallet.account_id,
        counter_lines={counter: -10},
        now=timezone.now(),
    )
    assert Lot.objects.get(entry_id=posted.entry_id).kind == kind


def test_the_soonest_expiry_is_used_first_then_what_was_given_then_the_oldest(sound_bank: Bank):
    now = timezone.now()
    sound_bank.credit(100)
    sound_bank.credit(100, bonus=10)
    give(sound_bank, 5, expires_at=now + 2 * DAY)
    sound_bank.credit(20, expires_at=now + DAY)

    steps = []
    for tokens in (20, 5, 10, 150):
        entry = sound_bank.spend(tokens)
        uses = LotUse.objects.filter(entry_id=entry.entry_id).order_by("lot__seq")
        steps.append([(use.lot.amount, use.amount, use.remaining_after, str(use)) for use in uses])

    assert steps == [
        [(20, -20, 0, "-20")],
        [(5, -5, 0, "-5")],
        [(10, -10, 0, "-10")],
        [(100, -100, 0, "-100"), (100, -50, 50, "-50")],
    ]


def test_an_expired_lot_cannot_be_spent_even_before_the_sweep(sound_bank: Bank):
    now = timezone.now()
    sound_bank.credit(30)
    give(sound_bank, 70, expires_at=now + DAY)
    later = now + DAY

    state = wallet_of(sound_bank.alice.id, now=later)
    assert (state.balance, state.expired, state.available) == (100, 70, 30)
    with pytest.raises(InsufficientTokens) as refusal:
        sound_bank.spend(31, now=later)
    assert refusal.value.members == {"available": 30, "required": 31}
    assert Entry.objects.count() == 2

    sound_bank.spend(30, now=later)
    lines = Posting.objects.filter(seq__gt=2).order_by("seq")
    assert list(lines.values_list("entry__type", "amount")) == [("expiry", -70), ("spend", -30)]
    assert sound_bank.wallet.balance == 0


def test_a_credit_sweeps_what_has_expired(sound_bank: Bank):
    now = timezone.now()
    give(sound_bank, 70, expires_at=now + DAY)

    posted = sound_bank.credit(5, now=now + DAY)

    assert (posted.balance, posted.seq) == (5, 3)
    assert remaining(sound_bank) == [(70, 0), (5, 5)]


def test_a_frozen_wallet_takes_credits_and_gives_nothing(sound_bank: Bank):
    sound_bank.credit(10)
    freeze(sound_bank.alice)

    with pytest.raises(AccountFrozen):
        sound_bank.spend(1)
    sound_bank.credit(10)

    assert sound_bank.wallet.balance == 20


def test_an_expiry_of_a_debit_and_a_price_of_a_gift_are_bugs_of_the_caller(sound_bank: Bank):
    for more in ({"expires_at": timezone.now()}, {"cost_cents": 1}):
        with pytest.raises(ValueError, match="Only a credit's lots"):
            ledger.post(
                entry_type=EntryType.SPEND,
                reference="spend:1",
                account_id=sound_bank.wallet.account_id,
                counter_lines={AccountKind.REDEEMED: 1},
                now=timezone.now(),
                **more,
            )
