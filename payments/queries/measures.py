"""Counts what was paid and credited, and how long it took, from the rows that prove it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from mirror.queries import delivered_at
from payments.kinds import InboxStatus, PurchaseStatus, QuarantineReason
from payments.limits import CREDIT_GRACE, MEASURED_PURCHASES_MAX, MEASURED_WINDOW

# The events by which Stripe calls a session paid, if its payment status says so too.
PAID_EVENTS = ("checkout.session.completed", "checkout.session.async_payment_succeeded")

# Paid and not credited are the quarantined, and those whose event waits, fails or is parked. Each part has its
# partial index; what a purchase has in the inbox is found by its id.
_COUNTS = """
WITH unhandled AS (
    SELECT purchase_id, type, payload, received_at FROM payments_inboxevent
    WHERE status IN (%(received)s, %(failed)s)
    UNION ALL
    SELECT purchase_id, type, payload, received_at FROM payments_inboxevent WHERE status = %(parked)s
), told AS (
    SELECT purchase_id, min(received_at) AS since FROM unhandled
    WHERE purchase_id IS NOT NULL AND type = ANY(%(paid_events)s)
      AND payload #>> '{data,object,payment_status}' = 'paid'
    GROUP BY purchase_id
), uncredited AS (
    SELECT closed_at AS since, status = %(quarantined)s AS waits FROM payments_purchase
    WHERE settled_at IS NULL AND quarantine_reason > '' AND quarantine_reason <> %(nothing_paid)s
    UNION ALL
    SELECT told.since, true FROM told LEFT JOIN payments_purchase p ON p.id = told.purchase_id
    WHERE p.settled_at IS NULL AND coalesce(p.quarantine_reason, '') = ''
)
SELECT (SELECT count(*) FROM payments_purchase
        WHERE settled_at IS NOT NULL AND settled_at >= coalesce(%(from)s, '-infinity'::timestamptz)),
       count(*) FILTER (WHERE since >= coalesce(%(from)s, '-infinity'::timestamptz)),
       count(*) FILTER (WHERE waits AND since <= %(late)s)
FROM uncredited
"""
_CREDITED = """
SELECT p.entry_id, p.settled_at, (
    SELECT min(e.stripe_created_at) FROM payments_inboxevent e
    WHERE e.purchase_id = p.id AND e.type = ANY(%(paid_events)s)
      AND e.payload #>> '{data,object,payment_status}' = 'paid'
)
FROM payments_purchase p WHERE p.settled_at > %(since)s ORDER BY p.settled_at DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class CreditCounts:
    """How many purchases were paid, by Stripe's word, and credited; and how many credits are overdue now."""

    paid: int
    credited: int
    failed: int


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of the newest purchases, in seconds: from Stripe's event to the credit, and from there to Firestore.

    Stripe tells its time in whole seconds, so that the first is up to one second too long.
    """

    paid_to_credited: Sequence[float]
    credited_to_mirrored: Sequence[float]


def credit_counts(*, now: datetime, since: datetime | None = None) -> CreditCounts:
    """Count what was paid and what was credited since then, or ever, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "received": InboxStatus.RECEIVED.value,
                "failed": InboxStatus.FAILED.value,
                "parked": InboxStatus.PARKED.value,
                "quarantined": PurchaseStatus.QUARANTINED.value,
                "nothing_paid": QuarantineReason.NOTHING_PAID.value,
                "paid_events": list(PAID_EVENTS),
                "late": now - CREDIT_GRACE,
                "from": since,
            },
        )
        credited, uncredited, failed = cursor.fetchone()
    return CreditCounts(paid=credited + uncredited, credited=credited, failed=failed)


def latencies(*, now: datetime) -> Latencies:
    """Look at the newest purchases of the last hour; no more than `MEASURED_PURCHASES_MAX`."""
    since = now - MEASURED_WINDOW
    return latencies_since_each([since])[since]


def latencies_since_each(times: Sequence[datetime]) -> dict[datetime, Latencies]:
    """Look at the newest purchases since each of these times; no more than `MEASURED_PURCHASES_MAX` of each.

    The newest since the first of them are the newest since any of them, as far as they reach.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CREDITED,
            {"paid_events": list(PAID_EVENTS), "since": min(times), "limit": MEASURED_PURCHASES_MAX},
        )
        rows = cursor.fetchall()
    mirrored_at = delivered_at(_path(entry_id) for entry_id, _, _ in rows)
    told = [(at, paid_at, mirrored_at.get(_path(entry_id))) for entry_id, at, paid_at in rows]
    return {since: _latencies([each for each in told if each[0] > since]) for since in times}


def _latencies(told: Sequence[tuple[datetime, datetime | None, datetime | None]]) -> Latencies:
    return Latencies(
        paid_to_credited=[_seconds(paid_at, at) for at, paid_at, _ in told if paid_at],
        credited_to_mirrored=[_seconds(at, mirrored_at) for at, _, mirrored_at in told if mirrored_at],
    )


def _path(entry_id: object) -> str:
    return f"transactions/{entry_id}"


def _seconds(since: datetime, until: datetime) -> float:
    return max((until - since).total_seconds(), 0.0)  # two machines' clocks
