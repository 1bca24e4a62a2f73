"""Reversing entries by hand: what was taken returns, what was given is taken or owed, and only once."""

import logging
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from foundation.errors import IdempotencyKeyReused
from identity.errors import ActionNotAllowed, ApprovalNeeded, ReasonMissing
from identity.kinds import Actor
from identity.models import AuditRecord
from tests.support.shop import open_customer
from tests.support.threads import race
from tests.tokens.conftest import Bank
from tests.tokens.correcting import give, lines, undo
from tokens import limits
from tokens.errors import EntryNotFound, EntryNotReversible, EntryReversed
from tokens.kinds import EntryType, PostedEntry, ServiceCall
from tokens.models import Correction, Entry, Lot
from tokens.services import corrections, reversals, spending

ALONE = limits.CORRECTION_ALONE_TOKENS_MAX


@pytest.mark.parametrize("tokens", [40, -40])
def test_a_reversed_adjustment_leaves_the_wallet_as_it_was(sound_bank: Bank, dave: Actor, tokens: int):
    give(sound_bank, dave, 100)
    posted = give(sound_bank, dave, tokens)

    undone = undo(posted.entry_id, dave)

    assert sound_bank.wallet.balance == 100
    assert lines(sound_bank)[-1] == ("reversal", -tokens)
    assert Entry.objects.get(id=undone.entry_id).reference == f"reversal:{posted.entry_id}"
    assert AuditRecord.objects.filter(action="entry.reverse", subject_id=str(posted.entry_id)).exists()
    assert Lot.objects.get(seq=1).remaining == 100


@pytest.mark.django_db(transaction=True)
def test_a_reversal_is_logged_as_every_entry_is(bank: Bank, dave: Actor, caplog: pytest.LogCaptureFixture):
    posted = give(bank, dave, 40)
    caplog.set_level(logging.INFO)
    caplog.clear()
    undone = undo(posted.entry_id, dave)
    (line,) = [each.__dict__ for each in caplog.records if each.message == "ledger.posted"]
    told = {"entry_id": str(undone.entry_id), "type": "reversal", "reference": f"reversal:{posted.entry_id}"}
    assert told.items() <= line.items()


def test_a_spend_that_is_reversed_returns_into_the_lots_it_came_from(sound_bank: Bank, dave: Actor):
    sound_bank.credit(100, bonus=20)
    spent = sound_bank.spend(50)
    spent_again = sound_bank.spend(10)
    undo(spent.entry_id, dave)

    assert sound_bank.wallet.balance == 110
    assert dict(Lot.objects.values_list("kind", "remaining")) == {"purchased": 90, "bonus": 20}
    undo(spent_again.entry_id, dave)
    assert sound_bank.wallet.balance == 120
    assert sound_bank.wallet.total_spent == 60  # gross: reversals are told apart


def test_a_grant_that_was_spent_is_taken_out_of_other_lots_and_the_rest_is_owed(
    sound_bank: Bank, dave: Actor
):
    call = ServiceCall("shop", "1", "Welcome")
    now = timezone.now()
    granted = spending.grant(
        user_id=sound_bank.alice.id, amount=100, category=EntryType.GRANT, call=call, now=now
    )
    sound_bank.credit(20)
    sound_bank.spend(70)

    undone = undo(granted.entry_id, dave)

    assert undone.balance == 0
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (0, 50)
    assert lines(sound_bank)[-1] == ("reversal", -50)
    sound_bank.credit(60)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (10, 0)


def test_where_debt_is_forgiven_nothing_is_owed(sound_bank: Bank, dave: Actor, settings):
    settings.FORGIVE_DEBT = True
    posted = give(sound_bank, dave, 100)
    sound_bank.spend(70)
    undo(posted.entry_id, dave)
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (0, 0)


def test_what_has_expired_is_at_the_house_already(sound_bank: Bank, dave: Actor):
    now = timezone.now()
    granted = spending.grant(
        user_id=sound_bank.alice.id,
        amount=100,
        category=EntryType.PROMOTION,
        call=ServiceCall("shop", "1", "Spring"),
        expires_at=now + timedelta(hours=1),
        now=now,
    )
    sound_bank.spend(30)
    later = now + timedelta(hours=2)
    undo(granted.entry_id, dave, now=later)
    assert lines(sound_bank) == [("promotion", 100), ("spend", -30), ("expiry", -70), ("reversal", 0)]
    assert sound_bank.wallet.debt == 30


def test_what_returns_into_an_expired_lot_expires_at_once(sound_bank: Bank, dave: Actor):
    now = timezone.now()
    sound_bank.credit(100, expires_at=now + timedelta(hours=1), now=now)
    spent = sound_bank.spend(30)
    undo(spent.entry_id, dave, now=now + timedelta(hours=2))
    assert lines(sound_bank)[-3:] == [("expiry", -70), ("reversal", 30), ("expiry", -30)]


def test_an_entry_is_reversed_once(sound_bank: Bank, dave: Actor):
    posted = give(sound_bank, dave, 40)
    undone = undo(posted.entry_id, dave, key="once")

    assert undo(posted.entry_id, dave, key="once").entry_id == undone.entry_id
    with pytest.raises(EntryReversed):
        undo(posted.entry_id, dave)
    with pytest.raises(EntryNotReversible, match="adjust the wallet"):
        undo(undone.entry_id, dave)
    assert sound_bank.wallet.balance == 0
    assert Correction.objects.get(reverses_id=posted.entry_id).tokens == -40


def test_what_else_moves_is_not_reversed_by_hand_and_the_words_say_what_to_do(sound_bank: Bank, dave: Actor):
    purchase = uuid.uuid4()
    bought = sound_bank.credit(100, purchase=purchase)
    with pytest.raises(EntryNotReversible, match="refund the purchase") as refused:
        undo(bought.entry_id, dave)
    assert refused.value.members == {"type": "purchase"}

    reversals.reverse_to(
        purchase_id=purchase,
        target_tokens=10,
        cause=EntryType.REFUND,
        reference="refund:re_1",
        now=timezone.now(),
    )
    with pytest.raises(EntryNotReversible, match="follow its money"):
        undo(Entry.objects.get(type="refund").id, dave)
    bonus = sound_bank.credit(0, bonus=5, purchase=purchase, entry_type=EntryType.BONUS)
    with pytest.raises(EntryNotReversible, match="belongs to a purchase"):
        undo(bonus.entry_id, dave)
    with pytest.raises(EntryNotReversible):  # the database says so, too
        corrections.undo(entry_id=bonus.entry_id, now=timezone.now())
    with pytest.raises(EntryNotFound):
        undo(uuid.uuid4(), dave)
    with pytest.raises(EntryNotFound):
        corrections.undo(entry_id=uuid.uuid4(), now=timezone.now())
    assert sound_bank.wallet.balance == 95


def test_a_large_reversal_needs_two_people_as_well(sound_bank: Bank, dave: Actor, carol: Actor):
    sound_bank.credit(5_000)
    spent = sound_bank.spend(ALONE + 1)
    with pytest.raises(ApprovalNeeded):
        undo(spent.entry_id, dave)
    with pytest.raises(ReasonMissing):
        undo(spent.entry_id, dave, reason="")
    with pytest.raises(ActionNotAllowed):
        undo(spent.entry_id, carol)
    assert sound_bank.wallet.balance == 5_000 - ALONE - 1

    undo(spent.entry_id, dave, checker=carol)
    assert sound_bank.wallet.balance == 5_000


def test_one_form_that_reverses_entries_of_several_wallets_at_once_reverses_one(
    sound_bank: Bank, dave: Actor
):
    banks = [sound_bank, *(Bank(open_customer(name)) for name in ("bob", "erin", "frank", "grace", "heidi"))]
    given = [give(bank, dave, 5).entry_id for bank in banks]

    answers = race([partial(undo, entry_id, dave, key="once") for entry_id in given])

    assert sum(isinstance(answer, PostedEntry) for answer in answers) == 1
    assert sum(isinstance(answer, IdempotencyKeyReused) for answer in answers) == len(banks) - 1
    assert sorted(bank.wallet.balance for bank in banks) == [0, 5, 5, 5, 5, 5]
