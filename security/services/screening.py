"""Screens a purchase before it starts: a ladder of guards, each with one reason to say no."""

import math
from datetime import datetime

from security import limits
from security.errors import RateLimited
from security.kinds import PurchaseFacts
from security.rules.cool_down import rest_until
from tokens.errors import AccountFrozen
from tokens.queries.wallets import is_frozen


def screen_purchase(*, facts: PurchaseFacts, now: datetime) -> None:
    """Let a purchase start, or say why not.

    Call it outside any transaction: what it writes about a refusal stays, although the purchase is refused.

    :raises AccountFrozen: `account_frozen`.
    :raises RateLimited: `rate_limited`: declined too often, and not rested yet.
    """
    _refuse_while_frozen(facts)
    _refuse_while_cooling_down(facts, now)


def _refuse_while_frozen(facts: PurchaseFacts) -> None:
    if is_frozen(facts.user_id):
        raise AccountFrozen


def _refuse_while_cooling_down(facts: PurchaseFacts, now: datetime) -> None:
    of_account = rest_until(facts.declined_at, declines_max=limits.COOL_DOWN_DECLINES, now=now)
    of_address = rest_until(
        facts.declined_at_address, declines_max=limits.COOL_DOWN_DECLINES_OF_ADDRESS, now=now
    )
    until = max((moment for moment in (of_account, of_address) if moment), default=None)
    if until:
        raise RateLimited(
            "Several payments were declined, and there is a pause until more can be tried.",
            retry_after_seconds=math.ceil((until - now).total_seconds()),
        )
