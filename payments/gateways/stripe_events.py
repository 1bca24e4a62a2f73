"""Stripe's list of events: what it has told us, or has tried to. It keeps them for 30 days."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.errors import InvalidEvent
from payments.gateways.event_shape import parse_event
from payments.gateways.stripe_api import call, client
from payments.kinds import StripeEvent
from payments.limits import EVENT_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, newest first. `unreadable` are the ids of those that are no events to us."""

    events: tuple[StripeEvent, ...]
    unreadable: tuple[str, ...]
    last_id: str
    has_more: bool


def list_events(
    *, types: Collection[str], since: datetime, until: datetime, undelivered: bool, after_id: str = ""
) -> EventPage:
    """One page of the events of these types that were created from `since` to `until`, both included.

    `undelivered`: only those of which some delivery is pending or has failed. `after_id`: the page before it ends
    there. https://docs.stripe.com/api/events/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    params: dict[str, Any] = {
        "types": sorted(types),
        "created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())},
        "limit": EVENT_PAGE_SIZE,
    }
    if undelivered:
        params["delivery_success"] = False
    if after_id:
        params["starting_after"] = after_id
    listed = call(lambda: client().v1.events.list(params))  # type: ignore[arg-type]
    answer = listed.last_response
    assert answer is not None, "a list that was asked for has an answer behind it"
    # As it was sent: the library makes objects of its own of some values, which JSON does not know.
    page = json.loads(answer.body)
    return _page(page["data"], has_more=page["has_more"])


def retrieve_event(event_id: str) -> StripeEvent | None:
    """One event; None for what is no event to us.

    https://docs.stripe.com/api/events/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it, or not any more.
    """
    answer = call(lambda: client().v1.events.retrieve(event_id)).last_response
    assert answer is not None, "an event that was asked for has an answer behind it"
    try:
        return parse_event(json.loads(answer.body))
    except InvalidEvent:
        return None


def _page(listed: list[Any], *, has_more: bool) -> EventPage:
    events: list[StripeEvent] = []
    unreadable: list[str] = []
    for one in listed:
        try:
            events.append(parse_event(one))
        except InvalidEvent:
            unreadable.append(str(one["id"]))
    last_id = str(listed[-1]["id"]) if listed else ""
    return EventPage(tuple(events), tuple(unreadable), last_id, has_more)
