"""Payments that are not the purchases that were made: one is an accident, several are somebody trying."""

from security.kinds import AlertKind, CustomerActivity, Finding, Severity
from security.limits import MISMATCHES_FREEZING, MISMATCHES_MAX


def find_mismatches(activity: CustomerActivity) -> Finding | None:
    """Several quarantined payments of one customer within a day; from the next on their wallet is frozen."""
    count = len(activity.quarantined_at)
    if count <= MISMATCHES_MAX:
        return None
    freezes = count >= MISMATCHES_FREEZING
    return Finding(
        kind=AlertKind.REPEATED_MISMATCHES,
        severity=Severity.CRITICAL if freezes else Severity.HIGH,
        dedup_key=str(activity.user_id),
        summary=f"{count} payments of one customer within a day were not the purchases that were made.",
        subject={"user_id": str(activity.user_id)},
        count=count,
        newest_at=max(activity.quarantined_at),
        freezes=freezes,
    )
