"""Every event of Stripe's that we handle has reached the inbox, whether Stripe believes to have delivered it or not."""

from datetime import datetime, timedelta

from payments.kinds import InboxStatus, StripeEvent
from payments.limits import BACKFILL_HORIZON, BACKFILL_PATIENCE, RECONCILE_PAGES_PER_DAY_MAX
from payments.services.backfill import Missed, feed, find_missed
from payments.services.reconciliation.check import Check, Discrepancy, Findings

_DAY = timedelta(days=1)
_HANDLED = frozenset({InboxStatus.PROCESSED, InboxStatus.IGNORED})


def _run(since: datetime, now: datetime) -> Findings:
    """Look day by day, so that the oldest come first and no more than a day's are in memory.

    After a restore from a dump, Stripe has delivered what we have lost: so all events are compared.
    """
    looked_at = 0
    found: list[Discrepancy] = []
    start, latest = max(since, now - BACKFILL_HORIZON), now - BACKFILL_PATIENCE
    while start <= latest:
        end = min(start + _DAY, latest)
        missed = find_missed(since=start, until=end, undelivered=False, pages_max=RECONCILE_PAGES_PER_DAY_MAX)
        looked_at += missed.listed
        found += _discrepancies(missed, now)
        if not missed.is_complete:
            left_out = f"Too many events on one day: nothing between {start:%Y-%m-%d %H:%M} and "
            left_out += (
                f"{missed.oldest_at:%Y-%m-%d %H:%M} UTC was looked at, nor after {end:%Y-%m-%d %H:%M}."
            )
            return Findings(looked_at, tuple(found), left_out)
        start = end + timedelta(seconds=1)
    return Findings(looked_at, tuple(found))


def _discrepancies(missed: Missed, now: datetime) -> list[Discrepancy]:
    unreadable = [
        Discrepancy("event_unreadable", event_id, "is not an event as we know them", is_repaired=False)
        for event_id in missed.unreadable
    ]
    return [*(_feed(event, now) for event in missed.events), *unreadable]


def _feed(event: StripeEvent, now: datetime) -> Discrepancy:
    status = feed(event=event, now=now)
    words = f"{event.type} never reached us; it is {status.value} now"
    return Discrepancy("event_never_received", event.id, words, is_repaired=status in _HANDLED)


CHECK = Check("events", "every event that we handle has reached the inbox", _run)
