"""Exceptions from limits, granted as staff grant them, to customers of a test that is about something else."""

from datetime import timedelta

from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from identity.models import User
from security.kinds import OverrideKind
from security.models import Override
from security.services.overrides import grant_override


def grant(user: User, *, hourly_max: int | None = None, daily_max: int | None = None) -> Override:
    """Other numbers for this customer; without any, no limit."""
    now = timezone.now()
    has_numbers = hourly_max is not None or daily_max is not None
    return grant_override(
        user_id=user.id,
        kind=OverrideKind.NUMBERS if has_numbers else OverrideKind.UNLIMITED,
        hourly_max=hourly_max,
        daily_max=daily_max,
        reason="The test needs it.",
        ends_at=now + timedelta(days=1),
        actor=SYSTEM_ACTOR,
        now=now,
    )
