"""Stripe's lists, read to their end: a hundred objects a call. What reconciliation compares ours with."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from payments.errors import ListTooLong
from payments.gateways.stripe_api import (
    as_text,
    call,
    client,
    from_timestamp,
    id_of,
    session_facts,
)
from payments.gateways.stripe_refunds import dispute_facts, refund_facts
from payments.gateways.stripe_sold import price_facts
from payments.kinds import ENDPOINT_EVENTS, DisputeFacts, PriceFacts, RefundFacts, SessionFacts
from payments.limits import LIST_PAGE_SIZE, LIST_PAGES_MAX

T = TypeVar("T")

# The events about sessions, refunds and disputes themselves. Stripe takes 20 types at most.
_TOLD = tuple(
    sorted(
        event_type
        for event_type in ENDPOINT_EVENTS
        if event_type.startswith(("checkout.session.", "refund.", "charge.dispute."))
    )
)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A Checkout session as Stripe lists it. `tried_at` is when somebody first tried to pay it, else when it opened."""

    facts: SessionFacts
    created_at: datetime
    tried_at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of our balance at Stripe: what came in (below zero: went out), and what Stripe keeps of it.

    The amounts are in the balance's currency; `source_cents` and `source_currency` are those of what it is about.
    """

    movement_id: str
    category: str
    amount_cents: int
    fee_cents: int
    currency: str
    source_id: str
    source_cents: int
    source_currency: str
    payment_intent_id: str
    created_at: datetime


def list_sessions(*, since: datetime) -> list[ListedSession]:
    """The Checkout sessions that were created since then, newest first.

    https://docs.stripe.com/api/checkout/sessions/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    params = created_since(since) | {"expand": ["data.payment_intent"]}
    return read_all(client().v1.checkout.sessions.list, params, _session)


def list_refunds(*, since: datetime) -> list[RefundFacts]:
    """The refunds that were created since then, newest first.

    https://docs.stripe.com/api/refunds/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    return read_all(client().v1.refunds.list, created_since(since), refund_facts)


def list_disputes(*, since: datetime) -> list[DisputeFacts]:
    """The disputes that were opened since then, newest first.

    https://docs.stripe.com/api/disputes/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    return read_all(client().v1.disputes.list, created_since(since), dispute_facts)


def list_movements(*, since: datetime) -> list[Movement]:
    """What has moved our balance since then, newest first.

    https://docs.stripe.com/api/balance_transactions/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    params = created_since(since) | {"expand": ["data.source"]}
    return read_all(client().v1.balance_transactions.list, params, _movement)


def retrieve_movement(movement_id: str) -> Movement:
    """One of them, as it is now.

    https://docs.stripe.com/api/balance_transactions/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    params: Any = {"expand": ["source"]}
    return _movement(call(lambda: client().v1.balance_transactions.retrieve(movement_id, params)).to_dict())


def list_prices() -> dict[str, PriceFacts]:
    """The prices that are in use, by id, with their products.

    https://docs.stripe.com/api/prices/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    params = {"active": True, "limit": LIST_PAGE_SIZE, "expand": ["data.product"]}
    listed = read_all(
        client().v1.prices.list,
        params,
        lambda price: (str(price["id"]), price_facts(price)),
    )
    return dict(listed)


def list_told(*, since: datetime) -> frozenset[str]:
    """The ids of the sessions, refunds and disputes that events since then tell of: that came to be, or have changed.

    https://docs.stripe.com/api/events/list

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    params = created_since(since) | {"types": list(_TOLD)}
    return frozenset(read_all(client().v1.events.list, params, lambda event: id_of(event["data"]["object"])))


def created_since(since: datetime) -> dict[str, Any]:
    """What asks a list for the objects that were created since then, as many as a page holds."""
    return {"created": {"gte": int(since.timestamp())}, "limit": LIST_PAGE_SIZE}


def read_all(
    ask: Callable[[Any], Any], params: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T | None]
) -> list[T]:
    """Ask for page after page, and read each object; what is none that we know is left out.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises ListTooLong: `list_too_long`.
    """
    found: list[T] = []
    asked = dict(params)
    for _ in range(LIST_PAGES_MAX):
        page = json.loads(
            call(lambda: ask(asked)).last_response.body
        )  # as sent: faster than the library's objects
        found += [fact for each in page["data"] if (fact := read(each)) is not None]
        if not page["has_more"]:
            return found
        asked["starting_after"] = page["data"][-1]["id"]
    raise ListTooLong


def _session(session: Mapping[str, Any]) -> ListedSession:
    created_at, intent = from_timestamp(session["created"]), session.get("payment_intent")
    tried = intent.get("created") if isinstance(intent, Mapping) else None
    return ListedSession(
        session_facts(session), created_at, from_timestamp(tried) if isinstance(tried, int) else created_at
    )


def _movement(moved: Mapping[str, Any]) -> Movement:
    source = moved.get("source")
    source = source if isinstance(source, Mapping) else {"id": source}
    amount = source.get("amount")
    return Movement(
        movement_id=as_text(moved.get("id")),
        category=as_text(moved.get("reporting_category")),
        amount_cents=moved["amount"],
        fee_cents=moved["fee"],
        currency=as_text(moved.get("currency")),
        source_id=as_text(source.get("id")),
        source_cents=amount if isinstance(amount, int) else 0,
        source_currency=as_text(source.get("currency")),
        payment_intent_id=id_of(source.get("payment_intent")),
        created_at=from_timestamp(moved["created"]),
    )
