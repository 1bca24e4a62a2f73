"""Looks at what payments' own rows say together, and raises alerts over what must not be."""

from datetime import datetime

from payments.queries import activity
from payments.queries.measures import credit_counts
from security.kinds import AlertKind, Severity
from security.limits import ACTIVITY_LOOK_BACK
from security.queries.alerts import unresolved_count
from security.services.alerts import raise_alert
from security.services.detection import detect

CREDITS = "credits"  # one alert for all that are overdue, with their number


def watch_credits(*, now: datetime) -> None:
    """Somebody has paid, and after minutes still has no tokens."""
    overdue = credit_counts(now=now).failed
    if overdue and overdue != unresolved_count(AlertKind.CREDIT_OVERDUE, CREDITS):
        raise_alert(
            kind=AlertKind.CREDIT_OVERDUE,
            severity=Severity.HIGH,
            dedup_key=CREDITS,
            summary=f"{overdue} paid and not credited in time: quarantined, or their events are not handled.",
            subject={"overdue": str(overdue)},
            now=now,
            total=overdue,
        )


def watch_customers(*, now: datetime) -> int:
    """Hand to security what customers, cards and addresses did lately; answer how many alerts came of it."""
    since = now - ACTIVITY_LOOK_BACK
    return detect(
        customers=activity.customers_since(since, now=now),
        cards=activity.cards_since(since, now=now),
        addresses=activity.addresses_since(since, now=now),
        now=now,
    )
