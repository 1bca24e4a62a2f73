"""Correcting Alice's wallet, as staff do."""

import uuid
from typing import Any

from django.utils import timezone

from identity.kinds import Actor
from tests.tokens.conftest import Bank
from tokens.kinds import PostedEntry
from tokens.models import Posting
from tokens.services.corrections import adjust, reverse_entry


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
