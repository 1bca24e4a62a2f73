"""Customers whose payments go back again and again: tokens spent, and the money asked back."""

from security.kinds import AlertKind, CustomerActivity, Finding, Severity
from security.limits import DISPUTES_OF_CUSTOMER_MAX, REFUNDS_OF_CUSTOMER_MAX


def find_many_refunds(activity: CustomerActivity) -> Finding | None:
    """More refunds within some months than somebody has reasons for."""
    count = len(activity.refunded_at)
    if count <= REFUNDS_OF_CUSTOMER_MAX:
        return None
    return Finding(
        kind=AlertKind.MANY_REFUNDS,
        severity=Severity.MEDIUM,
        dedup_key=str(activity.user_id),
        summary=f"{count} payments of one customer were refunded within 90 days.",
        subject={"user_id": str(activity.user_id)},
        count=count,
        newest_at=max(activity.refunded_at),
    )


def find_many_disputes(activity: CustomerActivity) -> Finding | None:
    """A second dispute within some months: each has frozen the wallet already, and a rule's freeze outlives them."""
    count = len(activity.disputed_at)
    if count <= DISPUTES_OF_CUSTOMER_MAX:
        return None
    return Finding(
        kind=AlertKind.MANY_DISPUTES,
        severity=Severity.HIGH,
        dedup_key=str(activity.user_id),
        summary=f"{count} payments of one customer were disputed within 90 days.",
        subject={"user_id": str(activity.user_id)},
        count=count,
        newest_at=max(activity.disputed_at),
        freezes=True,
    )
