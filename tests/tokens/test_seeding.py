"""`seed_load` fills a ledger with sound entries, as often as it is run."""

import pytest
from django.core.management import CommandError, call_command

from tests.tokens.conftest import Bank
from tokens.limits import SEED_BATCH
from tokens.models import Entry, Lot, Wallet


def test_a_ledger_is_filled_and_a_repetition_adds_only_what_is_missing(
    sound_bank: Bank, capsys: pytest.CaptureFixture[str]
):
    wallets = SEED_BATCH + 2  # more than one call to the database takes
    call_command("seed_load", f"--wallets={wallets}", "--entries-each=2")
    assert f"{wallets} wallets have 2 seeded entries each; {wallets * 2} are new" in capsys.readouterr().out

    call_command("seed_load", f"--wallets={wallets}", "--entries-each=3")
    assert f"{wallets} are new" in capsys.readouterr().out

    call_command("seed_load", f"--wallets={wallets}", "--entries-each=3")
    assert "; 0 are new" in capsys.readouterr().out
    assert Entry.objects.count() == Lot.objects.count() == wallets * 3
    assert set(
        Wallet.objects.exclude(account_id=sound_bank.wallet.account_id).values_list("balance", "seq")
    ) == {(30, 3)}


def test_where_customers_are_it_refuses(sound_bank: Bank, settings):
    settings.LENIENT = False
    with pytest.raises(CommandError, match="needs SANDBOX=1"):
        call_command("seed_load")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", ""])
def test_a_size_is_a_whole_number_from_one(number: str):
    with pytest.raises(CommandError, match="is not a whole number from 1"):
        call_command("seed_load", f"--wallets={number}")
