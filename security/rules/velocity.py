"""Buying faster, or for more, than people do."""

from datetime import datetime

from security.kinds import AlertKind, CustomerActivity, Finding, Severity
from security.limits import VELOCITY_CENTS_MAX, VELOCITY_PURCHASES_MAX, VELOCITY_WINDOW


def find_velocity(activity: CustomerActivity, *, now: datetime) -> Finding | None:
    """More payments within an hour, or more money within a day, than an honest buyer makes."""
    within = [moment for moment in activity.paid_at if moment > now - VELOCITY_WINDOW]
    if len(within) <= VELOCITY_PURCHASES_MAX and activity.paid_cents <= VELOCITY_CENTS_MAX:
        return None
    return Finding(
        kind=AlertKind.PURCHASE_VELOCITY,
        severity=Severity.MEDIUM,
        dedup_key=str(activity.user_id),
        summary=(
            f"{len(within)} purchases paid within an hour, {activity.paid_cents / 100:,.2f} in all within a day."
        ),
        subject={"user_id": str(activity.user_id), "paid_cents": str(activity.paid_cents)},
        count=len(activity.paid_at),
        newest_at=max(activity.paid_at),
    )
