"""Every event of Stripe's that we handle has reached the inbox and is handled, whether Stripe believes so or not."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from payments.errors import StripeRefused
from payments.gateways.stripe_api import from_timestamp
from payments.gateways.stripe_events import retrieve_event
from payments.kinds import InboxStatus, StripeEvent
from payments.limits import BACKFILL_HORIZON, BACKFILL_PATIENCE, LIST_SLACK, RECONCILE_PAGES_PER_DAY_MAX
from payments.models import InboxEvent
from payments.services.backfill import Missed, feed, find_missed
from payments.services.inbox import process_event
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope

_DAY = timedelta(days=1)
_HANDLED = frozenset({InboxStatus.PROCESSED, InboxStatus.IGNORED})
_NEVER_RECEIVED, _UNREADABLE, _PARKED = "event_never_received", "event_unreadable", "event_parked"


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """Look day by day, so that the oldest come first and no more than a day's are in memory.

    After a restore from a dump, Stripe has delivered what we have lost: so all events are compared.
    """
    start, latest = max(scope.since, scope.now - BACKFILL_HORIZON), scope.now - BACKFILL_PATIENCE
    while start <= latest and not tally.left_out:
        end = min(start + _DAY, latest)
        missed = find_missed(since=start, until=end, undelivered=False, pages_max=RECONCILE_PAGES_PER_DAY_MAX)
        tally.looked_at += missed.listed
        tally.left_out = "" if missed.is_complete else _too_many(start, end, missed.oldest_at)
        yield from _missing(missed, start)
        start = end + timedelta(seconds=1)
    tally.left_out = " ".join(filter(None, (_forgotten(scope), tally.left_out)))
    yield from _parked(scope)


def _forgotten(scope: Scope) -> str:
    horizon = scope.now - BACKFILL_HORIZON
    if scope.since >= horizon - LIST_SLACK:
        return ""
    return f"Stripe keeps no events for longer: nothing before {horizon:%Y-%m-%d %H:%M} UTC was looked at."


def _too_many(start: datetime, end: datetime, oldest_at: datetime) -> str:
    between = f"{start:%Y-%m-%d %H:%M} and {oldest_at:%Y-%m-%d %H:%M} UTC"
    return f"Too many events on one day: nothing between {between} was looked at, nor after {end:%Y-%m-%d %H:%M}."


def _missing(missed: Missed, since: datetime) -> Iterator[Difference]:
    """What cannot be read tells no time: it counts as looked at again by whoever looks at all of its day."""
    yield from map(_never_received, missed.events)
    for event_id in missed.unreadable:
        yield Difference(_UNREADABLE, event_id, "is not an event as we know them", about_at=since)


def _never_received(event: StripeEvent) -> Difference:
    return Difference(
        _NEVER_RECEIVED,
        event.id,
        f"{event.type} never reached us",
        about_at=from_timestamp(event.created),
        mend=lambda now: feed(event=event, now=now) in _HANDLED,
    )


def _parked(scope: Scope) -> Iterator[Difference]:
    parked = InboxEvent.objects.filter(status=InboxStatus.PARKED, stripe_created_at__gte=scope.since)
    yield from map(_given_up, parked.defer("payload").order_by("stripe_created_at"))


def _given_up(row: InboxEvent) -> Difference:
    return Difference(
        _PARKED,
        str(row.id),
        f"{row.type} failed {row.attempts} times ({row.error_code}) and is not tried again by itself",
        purchase_id=row.purchase_id,
        about_at=row.stripe_created_at,
        mend=lambda now: process_event(event_id=row.id, now=now) in _HANDLED,
    )


def _look(kind: str, subject: str, _now: datetime) -> Difference | None:
    if kind == _PARKED:
        row = InboxEvent.objects.filter(id=uuid.UUID(subject), status=InboxStatus.PARKED).first()
        return _given_up(row) if row else None
    if InboxEvent.objects.filter(stripe_event_id=subject).exists():
        return None
    try:
        event = retrieve_event(subject)
    except StripeRefused:  # Stripe keeps them for so long, and no longer
        return Difference(kind, subject, "is not known to Stripe any more")
    return _never_received(event) if event else Difference(kind, subject, "is not an event as we know them")


CHECK = Check("events", "every event that we handle has reached the inbox and is handled", _find, _look)
