"""Which limits on purchases hold for a customer, and why."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from security.kinds import LimitsInForce, OverrideKind, OverrideStatus
from security.limits import (
    PURCHASES_DAILY_MAX,
    PURCHASES_HOURLY_MAX,
)
from security.models import Override, PurchaseLimits


def limits_set() -> PurchaseLimits | None:
    """The two numbers that staff have set for everybody; None where those of the start hold."""
    return PurchaseLimits.objects.first()


def limits_of(*, user_id: uuid.UUID, now: datetime) -> LimitsInForce:
    """What holds for this customer now."""
    return limits_with(override_in_force(user_id=user_id, now=now), everybodys=limits_set())


def limits_with(override: Override | None, *, everybodys: PurchaseLimits | None) -> LimitsInForce:
    """What holds under this override, which replaces what it names; the rest stays everybody's."""
    hourly_max = everybodys.hourly_max if everybodys else PURCHASES_HOURLY_MAX
    daily_max = everybodys.daily_max if everybodys else PURCHASES_DAILY_MAX
    if override is None:
        return LimitsInForce(hourly_max, daily_max)
    if override.kind == OverrideKind.BLOCKED:
        return LimitsInForce(0, 0, is_blocked=True, override_id=override.id)
    if override.kind == OverrideKind.UNLIMITED:
        return LimitsInForce(None, None, override_id=override.id)
    return LimitsInForce(
        hourly_max if override.hourly_max is None else override.hourly_max,
        daily_max if override.daily_max is None else override.daily_max,
        override_id=override.id,
    )


def override_in_force(*, user_id: uuid.UUID, now: datetime) -> Override | None:
    """The customer's override that is granted and not past its end; None without one."""
    return Override.objects.filter(user_id=user_id, status=OverrideStatus.GRANTED, ends_at__gt=now).first()


def overrides_of(user_id: uuid.UUID) -> QuerySet[Override]:
    """The customer's overrides, whatever became of them, newest first."""
    return Override.objects.filter(user_id=user_id).order_by("-granted_at", "-id")
