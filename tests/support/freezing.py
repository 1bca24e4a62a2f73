"""Freezes customers' wallets, as staff or a rule would."""

from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR, Actor
from identity.models import User
from tokens.kinds import FreezeCause
from tokens.queries.wallets import wallet_of
from tokens.services import wallets


def freeze(
    user: User,
    *,
    cause: FreezeCause = FreezeCause.STAFF,
    reference: str = "1",
    reason: str = "",
    actor: Actor = SYSTEM_ACTOR,
) -> None:
    """Freeze the customer's wallet now."""
    wallets.freeze(
        account_id=wallet_of(user.id).account_id,
        cause=cause,
        reference=reference,
        reason=reason,
        actor=actor,
        now=timezone.now(),
    )


def unfreeze(
    user: User, *, cause: FreezeCause = FreezeCause.STAFF, reference: str = "1", reason: str = ""
) -> bool:
    """Lift that freeze now; answer whether there was one."""
    return wallets.unfreeze(
        account_id=wallet_of(user.id).account_id,
        cause=cause,
        reference=reference,
        reason=reason,
        actor=SYSTEM_ACTOR,
        now=timezone.now(),
    )
