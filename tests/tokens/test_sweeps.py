"""Wallets that nobody writes to come to their present all the same."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from tests.tokens.conftest import Bank
from tokens.kinds import ServiceCall
from tokens.models import Hold, HoldLot, Note
from tokens.services import holds
from tokens.tasks import sweep_wallets


def test_the_task_ends_holds_and_sweeps_what_has_expired(sound_bank: Bank):
    now = timezone.now()
    sound_bank.credit(10, expires_at=now + timedelta(hours=1))
    hold = holds.place(
        user_id=sound_bank.alice.id,
        amount=4,
        expires_at=now + timedelta(hours=2),
        call=ServiceCall("renderer", "k", "Because"),
        now=now,
    )
    assert [str(hold), str(HoldLot.objects.get()), str(Note.objects.get())] == ["hold of 4", "4", "Because"]

    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert sweep_wallets() == 1
    assert (sound_bank.wallet.balance, sound_bank.wallet.held) == (
        4,
        4,
    )  # a held token outlives its lot's end

    with time_machine.travel(now + timedelta(hours=2), tick=False):
        assert sweep_wallets() == 1
        assert sweep_wallets() == 0
    assert (sound_bank.wallet.balance, Hold.objects.get().status) == (0, "expired")
