"""`verify_ledger` sees what got past the guards: here they are taken down, as only a superuser could."""

from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from tests.support.database import tamper
from tests.tokens.conftest import Bank
from tokens.kinds import EntryType
from tokens.queries.integrity import check_names, find_imbalances


@pytest.fixture
def history(bank: Bank) -> None:
    """Three entries."""
    bank.credit(100, bonus=20, entry_type=EntryType.GRANT)
    bank.spend(30)
    bank.credit(5, entry_type=EntryType.GRANT)


def test_a_sound_ledger_is_said_to_be_sound(history: None, capsys: pytest.CaptureFixture[str]):
    assert find_imbalances() == []

    call_command("verify_ledger")

    assert f"{len(check_names()) + 2} checks found nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "checks"),
    [
        (
            "UPDATE tokens_posting SET amount = amount + 1 WHERE seq = 2",
            {"10", "20", "40", "50", "70", "80", "83"},
        ),
        ("UPDATE tokens_posting SET amount = amount - 1 WHERE line = 2", {"10", "20", "60", "80"}),
        ("UPDATE tokens_posting SET account_id = gen_random_uuid() WHERE line = 2", {"15", "60", "80"}),
        ("UPDATE tokens_lot SET account_id = gen_random_uuid() WHERE seq = 3", {"15", "82", "83"}),
        ("DELETE FROM tokens_posting WHERE seq = 2", {"10", "20", "40", "50", "60", "70", "80"}),
        ("UPDATE tokens_posting SET balance_after = 91 WHERE seq = 2", {"40", "70"}),
        ("UPDATE tokens_posting SET seq = 9 WHERE seq = 3", {"40", "70", "83"}),
        ("UPDATE tokens_posting SET wallet_version = 1 WHERE seq = 2", {"40"}),
        ("UPDATE tokens_wallet SET balance = balance + 1", {"50", "82"}),
        ("UPDATE tokens_wallet SET held = 1", {"82", "84"}),
        ("UPDATE tokens_wallet SET debt = 1", {"85"}),
        ("UPDATE tokens_lot SET remaining = remaining - 1 WHERE seq = 3", {"81", "82"}),
        ("UPDATE tokens_lot SET held = 1 WHERE seq = 3", {"81", "82"}),
        ("UPDATE tokens_lot SET last_seq = 9 WHERE seq = 3", {"81"}),
        ("UPDATE tokens_lot SET cost_cents = 9 WHERE seq = 3", {"80"}),
        ("UPDATE tokens_lot SET expires_at = now() WHERE seq = 3", {"80"}),
        ("UPDATE tokens_lotuse SET amount = amount - 1", {"81", "83"}),
        ("UPDATE tokens_lotuse SET remaining_after = remaining_after - 1", {"81"}),
        ("UPDATE tokens_lotuse SET seq = seq + 1", {"81", "83"}),
        ("UPDATE tokens_wallet SET seq = seq + 1, version = version + 1", {"50"}),
        ("UPDATE tokens_wallet SET chain_hash = sha256('')", {"50"}),
        ("UPDATE tokens_wallet SET total_earned = 0", {"60"}),
        ("UPDATE tokens_wallet SET status = 'frozen'", {"90"}),
        ("UPDATE tokens_entry SET reference = 'renamed' WHERE type = 'spend'", {"70"}),
        (
            "UPDATE tokens_entry SET created_at = created_at + interval '1 microsecond' WHERE type = 'spend'",
            {"70"},
        ),
        ("UPDATE tokens_entry SET request_hash = sha256('') WHERE type = 'spend'", {"80"}),
        ("UPDATE tokens_entry SET package_code = 'pro' WHERE type = 'grant'", {"80"}),
        ("UPDATE tokens_entry SET line_count = 4 WHERE type = 'spend'", {"10"}),
        (
            "UPDATE tokens_posting SET account_id = (SELECT id FROM tokens_account WHERE kind = 'debt') WHERE seq = 2",
            {"30", "40", "50", "60", "70", "80", "83"},
        ),
    ],
)
def test_what_was_tampered_with_is_found_and_named(history: None, statement: str, checks: set[str]):
    tamper(statement)

    assert {imbalance.check[:2] for imbalance in find_imbalances()} == checks


def test_the_command_exits_non_zero_and_names_the_first_fault(
    history: None, capsys: pytest.CaptureFixture[str]
):
    tamper("UPDATE tokens_wallet SET balance = balance + 1")

    with pytest.raises(CommandError, match="50_wallet_balances"):
        call_command("verify_ledger")

    assert "balance 96, postings sum to 95" in capsys.readouterr().err


def test_a_credit_of_a_purchase_that_does_not_exist_is_a_fault(
    bank: Bank, capsys: pytest.CaptureFixture[str]
):
    bank.credit(1_000_000, purchase=uuid4())
    assert find_imbalances() == []

    with pytest.raises(CommandError, match="no such row"):
        call_command("verify_ledger")
