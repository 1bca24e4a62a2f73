"""Freezing a wallet: rows by cause, once per reference, and a wallet that is frozen while one is open."""

import logging
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from mirror.models import OutboxRow
from tests.support.database import as_owner
from tests.support.freezing import freeze, unfreeze
from tests.support.staff import DAVE, hire
from tests.support.threads import in_threads
from tests.tokens.conftest import Bank
from tokens import projections
from tokens.errors import WalletNotFound
from tokens.kinds import FreezeCause
from tokens.models import Freeze, FreezeReason
from tokens.queries.integrity import find_imbalances
from tokens.services import wallets


@pytest.fixture(autouse=True)
def hired(db: None) -> None:
    hire()


def shown_status(bank: Bank) -> object:
    """What the wallet's document in Firestore says when it is delivered next."""
    chunk = projections.wallet_chunk(str(bank.wallet.account_id), 0, 10)
    assert chunk is not None
    return chunk.fields["walletStatus"]


def test_a_freeze_is_shown_and_lifting_it_too(sound_bank: Bank):
    before = sound_bank.wallet
    OutboxRow.objects.all().delete()
    freeze(sound_bank.alice)
    frozen = sound_bank.wallet
    assert (frozen.frozen, frozen.version, frozen.seq) == (True, before.version + 1, before.seq)
    assert shown_status(sound_bank) == "frozen"
    assert OutboxRow.objects.get().subject_id == str(frozen.account_id)

    OutboxRow.objects.all().delete()
    assert unfreeze(sound_bank.alice)

    assert (sound_bank.wallet.frozen, sound_bank.wallet.version) == (False, before.version + 2)
    assert shown_status(sound_bank) == "active"
    assert OutboxRow.objects.get().subject_id == str(frozen.account_id)


def test_credits_pass_and_the_wallet_stays_frozen(sound_bank: Bank):
    freeze(sound_bank.alice)
    sound_bank.credit(100)
    assert (sound_bank.wallet.balance, sound_bank.wallet.frozen) == (100, True)


def test_a_wallet_is_frozen_while_one_of_its_freezes_is_open(sound_bank: Bank):
    alice = sound_bank.alice
    freeze(alice, cause=FreezeCause.DISPUTE, reference="dp_1")
    freeze(alice, cause=FreezeCause.DISPUTE, reference="dp_2")
    freeze(alice)
    assert unfreeze(alice, cause=FreezeCause.DISPUTE, reference="dp_1")
    assert unfreeze(alice)
    assert sound_bank.wallet.frozen
    assert unfreeze(alice, cause=FreezeCause.DISPUTE, reference="dp_2")
    assert not sound_bank.wallet.frozen


def test_the_same_cause_and_reference_freeze_once(sound_bank: Bank):
    freeze(sound_bank.alice, reason="First.")
    once = sound_bank.wallet
    freeze(sound_bank.alice, reason="Second.")
    assert sound_bank.wallet == once
    assert [row.reason for row in FreezeReason.objects.all()] == ["First."]


def test_what_was_lifted_is_not_frozen_again_by_a_late_repeat(sound_bank: Bank):
    freeze(sound_bank.alice, cause=FreezeCause.DISPUTE, reference="dp_1")
    unfreeze(sound_bank.alice, cause=FreezeCause.DISPUTE, reference="dp_1")
    freeze(sound_bank.alice, cause=FreezeCause.DISPUTE, reference="dp_1")
    assert not sound_bank.wallet.frozen


def test_lifting_what_is_not_open_changes_nothing(sound_bank: Bank):
    freeze(sound_bank.alice)
    before = sound_bank.wallet
    assert not unfreeze(sound_bank.alice, reference="another")
    assert not unfreeze(sound_bank.alice, cause=FreezeCause.RULE)
    assert sound_bank.wallet == before
    assert not FreezeReason.objects.exists()


def test_who_froze_and_lifted_is_in_the_row_and_why_is_kept_apart(
    sound_bank: Bank, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO, "tokens.services.wallets"):
        freeze(sound_bank.alice, reason="A stolen card?", actor=DAVE)
        unfreeze(sound_bank.alice, reason="Hers.")
    row = Freeze.objects.get()
    assert (row.frozen_by_kind, row.frozen_by, row.lifted_by_kind) == ("staff", DAVE.id, "system")
    assert {reason.step: str(reason) for reason in row.reasons.all()} == {
        "freeze": "A stolen card?",
        "unfreeze": "Hers.",
    }
    assert str(row) == "Staff: 1"
    told = [record.message for record in caplog.records if record.name == "tokens.services.wallets"]
    assert told == ["wallet.frozen", "wallet.unfrozen"]
    assert "stolen" not in caplog.text

    FreezeReason.objects.all().delete()  # the product's own role may: words are erased, the freeze stays
    assert Freeze.objects.count() == 1


def test_an_unknown_wallet_is_refused(sound_bank: Bank):
    unknown: dict[str, Any] = {
        "account_id": uuid4(),
        "cause": FreezeCause.STAFF,
        "reference": "1",
        "reason": "Why?",
    }
    with pytest.raises(WalletNotFound):
        wallets.freeze(**unknown, actor=DAVE, now=timezone.now())
    assert not wallets.unfreeze(**unknown, actor=DAVE, now=timezone.now())
    assert not Freeze.objects.exists()


def test_a_cause_that_is_none_is_a_bug_of_the_caller(sound_bank: Bank):
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="freeze_cause_known"):
        cursor.execute(
            "SELECT wallet_freeze(%s, %s, 'whim', '1', 'staff', '', now())",
            [uuid4(), sound_bank.wallet.account_id],
        )
    with pytest.raises(IntegrityError, match="freeze_lifted_by_somebody"):
        freeze_and_lift_by_nobody(sound_bank)
    assert not sound_bank.wallet.frozen


def freeze_and_lift_by_nobody(bank: Bank) -> None:
    with transaction.atomic():
        freeze(bank.alice)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT wallet_unfreeze(%s, 'staff', '1', '', '', now())", [bank.wallet.account_id]
            )


def test_an_error_that_is_no_refusal_is_not_hidden(sound_bank: Bank):
    whim = cast("FreezeCause", SimpleNamespace(value="whim"))
    with pytest.raises(IntegrityError, match="freeze_cause_known"):
        freeze(sound_bank.alice, cause=whim)


def test_freezes_and_lifts_at_once_leave_a_wallet_that_agrees_with_its_freezes(sound_bank: Bank):
    def toggle(reference: str) -> None:
        freeze(sound_bank.alice, reference=reference)
        unfreeze(sound_bank.alice, reference=reference)

    in_threads([partial(toggle, str(n)) for n in range(4)])
    assert not sound_bank.wallet.frozen
    assert Freeze.objects.filter(lifted_at=None).count() == 0


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE tokens_wallet SET status = 'active', version = version + 1", "while a freeze is open"),
        ("UPDATE tokens_freeze SET lifted_at = now(), lifted_by_kind = 'staff'", "while a freeze is open"),
        ("UPDATE tokens_freeze SET reference = 'another'", "lifted once"),
        (
            "UPDATE tokens_freeze SET cause = 'rule', lifted_at = now(), lifted_by_kind = 'staff'",
            "lifted once",
        ),
        ("DELETE FROM tokens_freeze", "only ever added to"),
        ("TRUNCATE tokens_freeze CASCADE", "only ever added to"),
    ],
)
def test_the_database_lets_nobody_go_round_the_functions(sound_bank: Bank, statement: str, words: str):
    freeze(sound_bank.alice)
    before = list(Freeze.objects.values())
    with as_owner(), pytest.raises(DatabaseError, match=words):
        execute(statement)
    assert list(Freeze.objects.values()) == before
    with pytest.raises(DatabaseError, match="permission denied"):
        execute(statement)


def test_a_lifted_freeze_stays_lifted(sound_bank: Bank):
    freeze(sound_bank.alice)
    unfreeze(sound_bank.alice)
    with as_owner(), pytest.raises(DatabaseError, match="lifted once"):
        execute("UPDATE tokens_freeze SET lifted_at = NULL, lifted_by_kind = ''")
    with as_owner(), pytest.raises(DatabaseError, match="while a freeze is open"):
        execute("UPDATE tokens_wallet SET status = 'frozen', version = version + 1")


def execute(statement: str) -> None:
    """Run the statement in a transaction of its own, and commit it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_closed_wallet_stays_closed_whatever_is_frozen_or_lifted(bank: Bank):
    with as_owner():
        execute("UPDATE tokens_wallet SET status = 'closed', version = version + 1")
    freeze(bank.alice)
    unfreeze(bank.alice)
    assert bank.wallet.status == "closed"
    assert find_imbalances() == []
