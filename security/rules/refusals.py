"""Running into limits again and again: a script, or somebody whom the limits do not suit."""

from security.kinds import AlertKind, Finding, RefusalActivity, Severity
from security.limits import REFUSALS_OF_CUSTOMER_MAX


def find_repeated_refusals(activity: RefusalActivity) -> Finding | None:
    """More refusals within a day than somebody reads before they stop."""
    if activity.count <= REFUSALS_OF_CUSTOMER_MAX:
        return None
    return Finding(
        kind=AlertKind.REPEATED_REFUSALS,
        severity=Severity.LOW,
        dedup_key=str(activity.user_id),
        summary=f"Limits refused one customer {activity.count} times within a day.",
        subject={"user_id": str(activity.user_id)},
        count=activity.count,
        newest_at=activity.newest_at,
    )
