"""Screens a purchase before it starts: a ladder of guards, each with one reason to say no."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from security import limits
from security.errors import PurchasesBlocked, RateLimited
from security.kinds import Breach, Limit, PurchaseFacts
from security.queries.purchase_limits import limits_of
from security.rules.cool_down import rest_until
from security.services.limit_refusals import note_refusal
from tokens.errors import AccountFrozen
from tokens.queries.wallets import is_frozen


def screen_purchase(*, facts: PurchaseFacts, now: datetime) -> None:
    """Let a purchase start, or say why not.

    Call it outside any transaction: what it writes about a refusal stays, although the purchase is refused.

    :raises AccountFrozen: `account_frozen`.
    :raises PurchasesBlocked: `purchases_blocked`: an override of staff's says so.
    :raises RateLimited: `rate_limited`: declined too often, and not rested yet.
    """
    screen_buyer(user_id=facts.user_id, now=now)
    _refuse_while_cooling_down(facts, now)


def screen_buyer(*, user_id: uuid.UUID, now: datetime) -> None:
    """Let a start go on to Stripe that was counted already, or say why this customer is sold nothing now.

    :raises AccountFrozen: `account_frozen`.
    :raises PurchasesBlocked: `purchases_blocked`: an override of staff's says so.
    """
    if is_frozen(user_id):
        raise AccountFrozen
    if limits_of(user_id=user_id, now=now).is_blocked:
        raise PurchasesBlocked


def _refuse_while_cooling_down(facts: PurchaseFacts, now: datetime) -> None:
    for limit, declines, allowed in (
        (Limit.DECLINES, facts.declined_at, limits.COOL_DOWN_DECLINES),
        (Limit.DECLINES_OF_ADDRESS, facts.declined_at_address, limits.COOL_DOWN_DECLINES_OF_ADDRESS),
    ):
        if breach := _unrested(limit, declines, allowed, now):
            note_refusal(breach=breach, user_id=facts.user_id, address=facts.address, now=now)
            raise RateLimited(breach, now=now)


def _unrested(limit: Limit, declines: Sequence[datetime], allowed: int, now: datetime) -> Breach | None:
    until = rest_until(declines, declines_max=allowed, now=now)
    return Breach(limit, allowed, max(declines), until) if until else None
