"""Adjusting wallets and reversing entries: entries of their own, with a reason, a right, and once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError
from django.utils import timezone

from foundation.errors import IdempotencyKeyReused
from identity.errors import ActionNotAllowed, ApprovalNeeded, MakerIsChecker
from identity.kinds import SYSTEM_ACTOR, Actor, ActorKind
from identity.models import AuditRecord, User
from tests.support.shop import open_customer
from tests.tokens.conftest import Bank
from tokens import limits
from tokens.errors import (
    AdjustmentOutOfBounds,
    EntryNotFound,
    EntryNotReversible,
    EntryReversed,
    InsufficientTokens,
    ReasonMissing,
    WalletNotFound,
)
from tokens.kinds import EntryType, LotKind, PostedEntry, ServiceCall
from tokens.models import Correction, Entry, Lot, Posting
from tokens.services import corrections, holds, reversals, spending
from tokens.services.corrections import adjust, reverse_entry

ALONE = limits.CORRECTION_ALONE_TOKENS_MAX


def member(name: str, *rights: str, **fields: Any) -> Actor:
    """Somebody who works here, with these rights."""
    user = User.objects.filter(email=f"{name}@example.com").first() or open_customer(name)
    User.objects.filter(id=user.id).update(is_staff=True, **fields)
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return Actor(ActorKind.STAFF, str(user.id), "198.51.100.7")


@pytest.fixture
def dave(bank: Bank) -> Actor:
    """Dave corrects wallets by himself."""
    return member("dave", "tokens.adjust", "tokens.reverse_entry")


@pytest.fixture
def carol(bank: Bank) -> Actor:
    """Carol agrees to what others propose."""
    return member("carol", "backoffice.approve_proposal")


def give(bank: Bank, actor: Actor, tokens: int, **more: Any) -> PostedEntry:
    facts: dict[str, Any] = {
        "account_id": bank.wallet.account_id,
        "key": str(uuid.uuid4()),
        "reason": "They were promised more.",
        "now": timezone.now(),
    }
    return adjust(tokens=tokens, actor=actor, **{**facts, **more})


def undo(entry_id: uuid.UUID, actor: Actor, **more: Any) -> PostedEntry:
    facts: dict[str, Any] = {"key": str(uuid.uuid4()), "reason": "It was a mistake.", "now": timezone.now()}
    return reverse_entry(entry_id=entry_id, actor=actor, **{**facts, **more})


def lines(bank: Bank) -> list[tuple[str, int]]:
    found = Posting.objects.filter(account_id=bank.wallet.account_id, seq__isnull=False).order_by("seq")
    return list(found.values_list("entry__type", "amount"))


def test_a_wallet_is_given_tokens_and_the_trail_says_why(sound_bank: Bank, dave: Actor):
    posted = give(sound_bank, dave, 300)

    assert (sound_bank.wallet.balance, sound_bank.wallet.total_earned) == (300, 300)
    assert lines(sound_bank) == [("adjustment", 300)]
    assert Lot.objects.get().kind == LotKind.ADJUSTMENT
    told = AuditRecord.objects.get()
    assert (told.action, told.subject_kind, told.subject_id) == (
        "wallet.adjust",
        "wallet",
        str(sound_bank.wallet.account_id),
    )
    assert (told.actor_id, told.address, told.reason) == (
        dave.id,
        "198.51.100.7",
        "They were promised more.",
    )
    assert (told.facts["entry_id"], told.facts["tokens"]) == (str(posted.entry_id), 300)
    assert Correction.objects.get().made_by == dave.id


def test_only_free_tokens_are_taken(sound_bank: Bank, dave: Actor):
    give(sound_bank, dave, 100)
    call = ServiceCall("renderer", "1", "Rendering")
    until = timezone.now() + timedelta(hours=1)
    holds.place(user_id=sound_bank.alice.id, amount=30, expires_at=until, call=call, now=timezone.now())

    give(sound_bank, dave, -70)
    with pytest.raises(InsufficientTokens) as refused:
        give(sound_bank, dave, -1)

    assert refused.value.members == {"available": 0, "required": 1}
    assert (sound_bank.wallet.balance, sound_bank.wallet.debt) == (30, 0)
    assert lines(sound_bank) == [("adjustment", 100), ("adjustment", -70)]
    assert AuditRecord.objects.count() == 2  # what came to nothing is not told


def test_the_same_form_adjusts_once_and_another_is_refused(sound_bank: Bank, dave: Actor):
    first = give(sound_bank, dave, 5, key="once")
    again = give(sound_bank, dave, 5, key="once")

    assert (again.entry_id, again.replayed, again.balance, again.seq) == (first.entry_id, True, 5, 1)
    with pytest.raises(IdempotencyKeyReused):
        give(sound_bank, dave, 6, key="once")
    with pytest.raises(IdempotencyKeyReused):
        undo(first.entry_id, dave, key="once")
    assert sound_bank.wallet.balance == 5
    assert AuditRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"tokens": 0}, AdjustmentOutOfBounds),
        ({"tokens": limits.CALL_TOKENS_MAX + 1}, AdjustmentOutOfBounds),
        ({"reason": " "}, ReasonMissing),
        ({"account_id": uuid.UUID(int=1)}, WalletNotFound),
        ({"tokens": -1}, InsufficientTokens),
        ({"tokens": ALONE + 1}, ApprovalNeeded),
        ({"actor": SYSTEM_ACTOR}, ActionNotAllowed),
        ({"actor": Actor(ActorKind.CUSTOMER, str(uuid.UUID(int=1)))}, ActionNotAllowed),
    ],
    ids=["nothing", "too_many", "no_reason", "no_wallet", "too_few", "too_large", "system", "customer"],
)
def test_what_is_refused_changes_nothing(bank: Bank, dave: Actor, more: dict[str, Any], refusal: type):
    with pytest.raises(refusal):
        give(bank, more.pop("actor", dave), more.pop("tokens", 10), **more)
    assert not Entry.objects.exists()
    assert not Correction.objects.exists()
    assert not AuditRecord.objects.exists()


def test_small_corrections_add_up_to_a_large_one(sound_bank: Bank, dave: Actor):
    give(sound_bank, dave, ALONE - 100)
    give(sound_bank, dave, -100)
    with pytest.raises(ApprovalNeeded) as refused:
        give(sound_bank, dave, 1)

    assert refused.value.members == {"amount": ALONE + 1, "alone_max": ALONE}
    assert sound_bank.wallet.balance == ALONE - 200
    later = timezone.now() + limits.CORRECTION_ALONE_WINDOW + timedelta(seconds=1)
    give(sound_bank, dave, 1, now=later)
    assert sound_bank.wallet.balance == ALONE - 199


def test_a_second_person_lets_a_large_one_pass(sound_bank: Bank, carol: Actor):
    erin = member("erin", "tokens.propose_adjustment")
    with pytest.raises(ActionNotAllowed):
        give(sound_bank, erin, 1)  # who may only propose does nothing alone

    give(sound_bank, erin, 50_000, checker=carol)

    assert sound_bank.wallet.balance == 50_000
    kept = Correction.objects.get()
    assert (kept.made_by, kept.checked_by) == (erin.id, carol.id)
    assert AuditRecord.objects.get().facts["checked_by"] == carol.id


def test_nobody_is_their_own_second_person(bank: Bank, dave: Actor, carol: Actor):
    root = member("root", is_superuser=True)
    for maker, checker, refusal in (
        (root, root, MakerIsChecker),
        (dave, Actor(ActorKind.SYSTEM, dave.id), ActionNotAllowed),
        (dave, SYSTEM_ACTOR, ActionNotAllowed),
        (carol, dave, ActionNotAllowed),  # he may not approve
        (carol, root, ActionNotAllowed),  # she may not propose
        (SYSTEM_ACTOR, carol, ActionNotAllowed),
    ):
        with pytest.raises(refusal):
            give(bank, maker, 5_000, checker=checker)
    assert not Entry.objects.exists()

    posted = give(bank, dave, 5)
    with pytest.raises(IntegrityError, match="correction_checked_by_another"):
        Correction.objects.filter(entry_id=posted.entry_id).update(checked_by=dave.id)


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


def test_who_is_staff_no_longer_corrects_nothing(bank: Bank, dave: Actor):
    User.objects.filter(id=dave.id).update(is_active=False)
    with pytest.raises(ActionNotAllowed):
        give(bank, dave, 1)
    assert not Entry.objects.exists()
