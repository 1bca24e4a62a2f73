"""`rebuild_balances` puts right what wallets store, from their postings and holds."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from mirror.models import OutboxRow
from tests.support.database import as_owner, tamper
from tests.tokens.conftest import Bank
from tokens.kinds import ServiceCall
from tokens.services import holds


@pytest.fixture
def history(sound_bank: Bank) -> Bank:
    now = timezone.now()
    sound_bank.credit(100, bonus=10)
    sound_bank.spend(30)
    call = ServiceCall("renderer", "k", "Because")
    holds.place(
        user_id=sound_bank.alice.id, amount=20, expires_at=now + timedelta(hours=1), call=call, now=now
    )
    return sound_bank


def break_wallets() -> None:
    """Write nonsense into every wallet."""
    tamper(
        "UPDATE tokens_wallet SET balance = 7, held = 1, debt = 2, seq = 1, total_spent = 0, chain_hash = ''"
    )


def test_a_sound_wallet_is_left_alone(history: Bank, capsys: pytest.CaptureFixture[str]):
    before = history.wallet
    with as_owner():
        call_command("rebuild_balances")
    call_command("rebuild_balances", "--check")
    assert capsys.readouterr().out.count("Every wallet stores what its postings say.") == 2
    assert history.wallet == before


def test_what_is_wrong_is_named_then_mended_and_mirrored(history: Bank, capsys: pytest.CaptureFixture[str]):
    before = history.wallet
    break_wallets()
    OutboxRow.objects.all().delete()

    with pytest.raises(CommandError, match="1 wallets store something else"):
        call_command("rebuild_balances", "--check")
    assert "(7,1,2,1,100,10,0), computed (80,20,0,2,100,10,30)" in capsys.readouterr().err
    assert history.wallet.balance == 7

    with as_owner():
        call_command("rebuild_balances")

    after = history.wallet
    assert (after.balance, after.held, after.debt, after.seq) == (80, 20, 0, 2)
    assert after.version == before.version + 1
    assert OutboxRow.objects.get().subject_id == str(before.account_id)
    history.spend(5)  # the guard is on again, and what follows fits


def test_a_balance_is_not_mended_to_one_that_no_posting_leads_to(bank: Bank):
    bank.credit(100)
    bank.spend(30)
    before = bank.wallet
    tamper("UPDATE tokens_posting SET amount = amount + 1 WHERE seq = 1")
    with as_owner(), pytest.raises(DatabaseError, match="no posting leads to its balance"):
        call_command("rebuild_balances")
    assert bank.wallet == before


def test_the_applications_role_may_not(history: Bank):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        call_command("rebuild_balances")
