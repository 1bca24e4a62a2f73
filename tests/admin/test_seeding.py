"""`seed_load` fills every app with rows that agree with each other, as often as it is run."""

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from identity.models import User
from mirror.models import MirroredDocument, OutboxRow
from payments.models import Dispute, InboxEvent, Purchase, Refund
from payments.queries.integrity import find_credit_mismatches, find_reversal_mismatches
from security.models import Alert, LimitRefusal
from tokens.models import Entry, Wallet
from tokens.queries.integrity import find_imbalances

CUSTOMERS, PURCHASES, ENTRIES = 30, 100, 80


@pytest.mark.django_db
def test_every_app_is_filled_soundly_and_a_repetition_adds_only_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def seed(customers: int, purchases: int, entries: int) -> None:
        call_command(
            "seed_load", f"--customers={customers}", f"--purchases={purchases}", f"--entries={entries}"
        )

    def counts() -> list[int]:
        tables = (User, Wallet, Purchase, InboxEvent, Refund, Dispute, Alert, LimitRefusal, Entry)
        return [model.objects.count() for model in tables]

    def assert_sound() -> None:
        assert find_imbalances() == []
        assert find_credit_mismatches() == find_reversal_mismatches() == []

    seed(CUSTOMERS, PURCHASES, ENTRIES)
    settled = Purchase.objects.filter(status="settled").count()
    went_back = Refund.objects.count() + Dispute.objects.count()
    assert settled == 86
    assert counts() == [CUSTOMERS, CUSTOMERS, PURCHASES, 96, 2, 1, 2, 2, settled + ENTRIES + went_back]
    assert MirroredDocument.objects.count() == Entry.objects.count()
    assert not OutboxRow.objects.filter(kind="wallet").exists()
    assert_sound()

    before = counts()
    seed(CUSTOMERS, PURCHASES, ENTRIES)
    assert counts() == before
    assert "100 purchases are there, 0 of them new." in capsys.readouterr().out

    seed(CUSTOMERS + 5, PURCHASES + 50, ENTRIES + 7)
    assert counts()[:3] == [CUSTOMERS + 5, CUSTOMERS + 5, PURCHASES + 50]
    assert_sound()


@pytest.mark.django_db
def test_what_is_quarantined_is_among_them() -> None:
    call_command("seed_load", "--customers=1", "--purchases=1000", "--entries=1")
    assert Purchase.objects.filter(status="quarantined").count() == 1


@pytest.mark.django_db
def test_where_customers_are_it_refuses(settings: Settings) -> None:
    settings.LENIENT = False
    with pytest.raises(CommandError, match="needs SANDBOX=1"):
        call_command("seed_load")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", ""])
def test_a_size_is_a_whole_number_from_one(number: str) -> None:
    with pytest.raises(CommandError, match="is not a whole number from 1"):
        call_command("seed_load", f"--customers={number}")
