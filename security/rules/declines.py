"""Cards that banks refuse, again and again, as whoever tests stolen ones sees it."""

from security.kinds import AlertKind, CustomerActivity, Finding, Severity
from security.limits import DECLINES_OF_CUSTOMER_MAX


def find_declines(activity: CustomerActivity) -> Finding | None:
    """More declined payments within a day than somebody has cards."""
    if len(activity.declined_at) <= DECLINES_OF_CUSTOMER_MAX:
        return None
    return Finding(
        kind=AlertKind.MANY_DECLINES,
        severity=Severity.MEDIUM,
        dedup_key=str(activity.user_id),
        summary=f"{len(activity.declined_at)} payments of one customer were declined within a day.",
        subject={"user_id": str(activity.user_id)},
        count=len(activity.declined_at),
        newest_at=max(activity.declined_at),
    )
