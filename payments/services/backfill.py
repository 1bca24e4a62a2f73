"""Fetches the events that Stripe could not deliver, and feeds them to the inbox, oldest first."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Q

from foundation.errors import Refusal
from foundation.waker import wake
from payments.gateways.stripe_api import from_timestamp
from payments.gateways.stripe_events import EventPage, list_events
from payments.kinds import InboxStatus, StripeEvent
from payments.limits import (
    BACKFILL_HORIZON,
    BACKFILL_LEASE,
    BACKFILL_OVERLAP,
    BACKFILL_PAGES_MAX,
    BACKFILL_PATIENCE,
)
from payments.models import BackfillCursor, InboxEvent
from payments.services import inbox
from payments.services.events import HANDLERS

logger = logging.getLogger(__name__)

_SECOND = timedelta(seconds=1)  # Stripe's times are no finer


@dataclass(frozen=True, slots=True)
class Missed:
    """What a look at Stripe's list found: the events that never reached us, oldest first.

    `is_complete`: the list was read to its end; otherwise only down to `oldest_at`, and what is missing before
    that is not known.
    """

    events: tuple[StripeEvent, ...]
    unreadable: tuple[str, ...]
    listed: int
    oldest_at: datetime
    is_complete: bool


def backfill_events(*, now: datetime, pages_max: int = BACKFILL_PAGES_MAX) -> int:
    """Fetch what Stripe could not deliver since the last run, and feed it to the inbox; answer how many events.

    A run lists at most `pages_max` pages. Where more is missing than that, the next one, woken at once, looks at
    what is older, so that the oldest events still come first. Where Stripe cannot be asked, the next run tries.
    """
    cursor, _ = BackfillCursor.objects.get_or_create(id=1)
    if not _claim(now):
        return 0
    try:
        fetched, is_more = _run(cursor, now, pages_max)
    except Refusal as refusal:
        logger.warning("backfill.failed", extra={"code": refusal.code})
        return 0
    finally:
        _note(leased_until=None)
    if is_more:
        wake("payments.backfill_events")
    return fetched


def find_missed(*, since: datetime, until: datetime, undelivered: bool, pages_max: int) -> Missed:
    """Look for events of the types we handle that never reached the inbox, created from `since` to `until`.

    `undelivered`: only among those that Stripe knows it could not deliver.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    missing: list[StripeEvent] = []
    unreadable: list[str] = []
    listed, after_id, oldest_at = 0, "", until
    for _ in range(pages_max):
        page = list_events(
            types=HANDLERS, since=since, until=until, undelivered=undelivered, after_id=after_id
        )
        missing += _unknown(page)
        unreadable += page.unreadable
        listed += len(page.events) + len(page.unreadable)
        oldest_at = min([oldest_at, *(from_timestamp(event.created) for event in page.events)])
        if not page.has_more:
            return Missed(tuple(reversed(missing)), tuple(unreadable), listed, since, is_complete=True)
        after_id = page.last_id
    return Missed(tuple(reversed(missing)), tuple(unreadable), listed, oldest_at, is_complete=False)


def feed(*, event: StripeEvent, now: datetime) -> InboxStatus:
    """Give an event to the inbox as the webhook does; one that fails in whatever way keeps no other from its turn.

    What raises trouble with the database is stored for the inbox's sweep. If not even that can be done, the
    database is away, and the trouble is raised.
    """
    try:
        status = inbox.receive_event(event=event, now=now)
    except (OperationalError, InterfaceError) as error:
        status = inbox.keep_for_later(event=event, error=error, now=now)
    logger.info("event.fetched", extra={"stripe_event_id": event.id, "type": event.type, "status": status})
    return status


def _run(cursor: BackfillCursor, now: datetime, pages_max: int) -> tuple[int, bool]:
    """Answer how many events were fetched, and whether there is more to look at now."""
    horizon, latest = now - BACKFILL_HORIZON, now - BACKFILL_PATIENCE
    seen_until = max(cursor.seen_until or horizon, horizon)
    narrowed_to = cursor.narrowed_to
    until = narrowed_to if narrowed_to and narrowed_to > seen_until else latest
    since = max(seen_until - BACKFILL_OVERLAP, horizon)
    missed = find_missed(since=since, until=until, undelivered=True, pages_max=pages_max)
    # Stripe lists the newest first: below this nothing was listed, and what is not listed must wait for its elders.
    listed_from = min(missed.oldest_at, until - _SECOND)
    if not missed.is_complete and listed_from > seen_until:
        _note(narrowed_to=listed_from)
        return 0, True
    for event_id in missed.unreadable:
        logger.error("webhook.rejected", extra={"code": "invalid_event", "stripe_event_id": event_id})
    for event in missed.events:
        feed(event=event, now=now)
    _note(seen_until=until, narrowed_to=None, finished_at=now)
    return len(missed.events), until < latest


def _unknown(page: EventPage) -> list[StripeEvent]:
    """The page's events of our mode that the inbox does not have, newest first as they came."""
    ids = [event.id for event in page.events]
    known = set(InboxEvent.objects.filter(stripe_event_id__in=ids).values_list("stripe_event_id", flat=True))
    return [
        event
        for event in page.events
        if event.id not in known and event.livemode == settings.STRIPE_LIVE_MODE
    ]


def _claim(now: datetime) -> bool:
    """Two runs at once would do no harm, and the second no good."""
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    claimed = BackfillCursor.objects.filter(free, id=1).update(leased_until=now + BACKFILL_LEASE)
    return bool(claimed)


def _note(**fields: object) -> None:
    BackfillCursor.objects.filter(id=1).update(**fields)
