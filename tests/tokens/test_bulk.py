"""Gifts to many wallets in one call are what one call each would have made of them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from mirror.models import OutboxRow
from tests.support.logged import Line, lines
from tests.tokens.conftest import Bank
from tokens.errors import ReferenceReused, WalletNotFound
from tokens.kinds import EntryType, LotKind
from tokens.models import Entry, Lot, Posting
from tokens.services import bulk
from tokens.services.bulk import Gift

__all__ = ["lines"]


def gifts(*accounts, tokens: int = 5) -> list[Gift]:
    return [Gift(f"gift:{account}", account, tokens) for account in accounts]


def give(given: list[Gift], **more) -> int:
    return bulk.grant_many(
        gifts=given, category=more.pop("category", EntryType.PROMOTION), now=timezone.now(), **more
    )


def test_each_wallet_gets_its_entry_its_lot_and_its_mirroring(sound_bank: Bank):
    alice, bob = sound_bank.wallet.account_id, Bank(sound_bank.bob).wallet.account_id
    OutboxRow.objects.all().delete()
    until = timezone.now() + timedelta(days=1)

    assert give(gifts(alice, bob), expires_at=until) == 2

    lines = Posting.objects.filter(seq__isnull=False)
    assert {(line.account_id, line.amount, line.balance_after, line.seq) for line in lines} == {
        (alice, 5, 5, 1),
        (bob, 5, 5, 1),
    }
    assert {(lot.kind, lot.expires_at) for lot in Lot.objects.all()} == {(LotKind.PROMOTIONAL, until)}
    assert OutboxRow.objects.count() == 2
    assert sound_bank.wallet.total_earned == 5


def test_a_bonus_is_one(sound_bank: Bank):
    give(gifts(sound_bank.wallet.account_id), category=EntryType.BONUS)
    assert Lot.objects.get().kind == LotKind.BONUS


def test_a_repetition_gives_only_what_is_missing(sound_bank: Bank):
    alice, bob = sound_bank.wallet.account_id, Bank(sound_bank.bob).wallet.account_id
    give(gifts(alice))
    assert give(gifts(alice, bob)) == 1
    assert give(gifts(alice, bob)) == 0
    assert Entry.objects.count() == 2


def test_the_log_tells_of_a_call_in_one_line_once_it_is_committed(
    sound_bank: Bank, lines: Callable[[], list[Line]]
):
    alice, bob = sound_bank.wallet.account_id, Bank(sound_bank.bob).wallet.account_id
    with transaction.atomic():
        give(gifts(alice, bob))
        assert lines() == []
    give(gifts(alice, bob))

    (line,) = lines()
    told = (line["event"], line["entries"], line["type"], line["first_reference"])
    assert told == ("ledger.posted", 2, "promotion", f"gift:{alice}")


def test_a_reference_that_stands_for_another_gift_is_refused_and_nobody_gets_anything(sound_bank: Bank):
    alice, bob = sound_bank.wallet.account_id, Bank(sound_bank.bob).wallet.account_id
    give(gifts(alice))
    with pytest.raises(ReferenceReused):
        give(gifts(bob, alice, tokens=6))
    with pytest.raises(WalletNotFound):
        give(gifts(bob, uuid4()))
    assert Entry.objects.count() == 1


def test_what_has_expired_is_swept_first_and_what_is_owed_is_paid(sound_bank: Bank):
    now = timezone.now()
    purchase = uuid4()
    sound_bank.credit(10, purchase=purchase, expires_at=now)
    assert give(gifts(sound_bank.wallet.account_id)) == 1
    lines = Posting.objects.filter(seq__isnull=False).order_by("seq")
    assert list(lines.values_list("entry__type", "amount")) == [
        ("purchase", 10),
        ("expiry", -10),
        ("promotion", 5),
    ]


def test_nonsense_is_a_bug_of_the_caller(sound_bank: Bank):
    alice = sound_bank.wallet.account_id
    for given in ([], gifts(alice, alice)):
        with pytest.raises(ValueError, match="each once"):
            give(given)
    with pytest.raises(ValueError, match="A gift is of"):
        give(gifts(alice, tokens=0))
