"""Adjusting wallets and reversing entries: entries of their own, with a reason, a right, and once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from foundation.errors import IdempotencyKeyReused
from identity.errors import ActionNotAllowed, ApprovalNeeded, MakerIsChecker, ReasonMissing
from identity.kinds import SYSTEM_ACTOR, Actor, ActorKind
from identity.models import AuditRecord, User
from tests.support.staff import member
from tests.tokens.conftest import Bank
from tests.tokens.correcting import give, lines, undo
from tokens import limits
from tokens.errors import (
    AdjustmentOutOfBounds,
    InsufficientTokens,
    WalletNotFound,
)
from tokens.kinds import LotKind, ServiceCall
from tokens.models import Correction, Entry, Lot
from tokens.services import holds

ALONE = limits.CORRECTION_ALONE_TOKENS_MAX


def test_a_wallet_is_given_tokens_and_the_trail_says_why(sound_bank: Bank, dave: Actor):
    posted = give(sound_bank, dave, 300)

    assert (sound_bank.wallet.balance, sound_bank.wallet.total_earned) == (300, 300)
    assert lines(sound_bank) == [("adjustment", 300)]
    assert Lot.objects.get().kind == LotKind.ADJUSTMENT
    assert str(Correction.objects.get()) == "+300"
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
    asked: dict[str, Any] = {"actor": dave, "tokens": 10, **more}
    with pytest.raises(refusal):
        give(bank, **asked)
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


def test_who_is_staff_no_longer_corrects_nothing(bank: Bank, dave: Actor):
    User.objects.filter(id=dave.id).update(is_active=False)
    with pytest.raises(ActionNotAllowed):
        give(bank, dave, 1)
    assert not Entry.objects.exists()
