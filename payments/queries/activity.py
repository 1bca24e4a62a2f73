"""What customers, cards and addresses did lately: the facts that security's detection rules look at.

Only who did something since a moment is looked at, and then at all of their window.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from payments.kinds import INQUIRIES, REFUNDED, DisputeStatus
from payments.models import CardUse, Decline, Dispute, Purchase
from security.kinds import AddressActivity, CardActivity, CustomerActivity
from security.limits import ACTIVITY_SUBJECTS_MAX, ACTIVITY_WINDOW, CARD_WINDOW, MONEY_BACK_WINDOW

# What no bank has taken a payment back for.
HARMLESS = (*INQUIRIES, DisputeStatus.PREVENTED, DisputeStatus.WON)

Times = dict[uuid.UUID, list[datetime]]


def customers_since(since: datetime, *, now: datetime) -> list[CustomerActivity]:
    """Customers who paid, were declined, or had a payment quarantined, refunded or disputed since then.

    Each with what they did within the last day, and with the refunds and disputes of the last months.
    """
    start = now - ACTIVITY_WINDOW
    paid = Purchase.objects.filter(settled_at__gt=start, settled_at__lte=now)
    quarantined = Purchase.objects.filter(closed_at__gt=start, closed_at__lte=now, quarantine_reason__gt="")
    declined = Decline.objects.filter(declined_at__gt=start, declined_at__lte=now)
    refunded = Purchase.objects.filter(
        refunds__status__in=REFUNDED, refunds__created_at__gt=now - MONEY_BACK_WINDOW
    ).annotate(refunded_at=Max("refunds__created_at"))
    disputed = Dispute.objects.exclude(status__in=HARMLESS).filter(opened_at__gt=now - MONEY_BACK_WINDOW)
    ids = _first(
        paid.filter(settled_at__gt=since).values_list("buyer_id", flat=True),
        quarantined.filter(closed_at__gt=since).values_list("buyer_id", flat=True),
        declined.filter(declined_at__gt=since).values_list("buyer_id", flat=True),
        refunded.filter(refunded_at__gt=since).values_list("buyer_id", flat=True),
        disputed.filter(opened_at__gt=since).values_list("purchase__buyer_id", flat=True),
    )
    cents: dict[uuid.UUID, int] = defaultdict(int)
    paid_at: Times = defaultdict(list)
    for buyer_id, moment, price in paid.filter(buyer_id__in=ids).values_list(
        "buyer_id", "settled_at", "price_cents"
    ):
        paid_at[buyer_id].append(moment)  # type: ignore[arg-type]  # the filter leaves out None
        cents[buyer_id] += price
    quarantined_at = _times(quarantined, "closed_at", ids)
    declined_at = _times(declined, "declined_at", ids)
    refunded_at = _times(refunded, "refunded_at", ids)
    disputed_at = _times(disputed, "opened_at", ids, "purchase__buyer_id")
    return [
        CustomerActivity(
            user_id=each,
            paid_at=tuple(paid_at[each]),
            paid_cents=cents[each],
            declined_at=tuple(declined_at[each]),
            quarantined_at=tuple(quarantined_at[each]),
            refunded_at=tuple(refunded_at[each]),
            disputed_at=tuple(disputed_at[each]),
        )
        for each in ids
    ]


def cards_since(since: datetime, *, now: datetime) -> list[CardActivity]:
    """Cards that were used since then, with everybody who used them within the cards' window."""
    uses = CardUse.objects.filter(used_at__gt=now - CARD_WINDOW, used_at__lte=now)
    cards = list(
        uses.filter(used_at__gt=since)
        .order_by()
        .values_list("fingerprint", flat=True)
        .distinct()[:ACTIVITY_SUBJECTS_MAX]
    )
    users: dict[str, set[uuid.UUID]] = defaultdict(set)
    newest: dict[str, datetime] = {}
    for card, buyer_id, moment in uses.filter(fingerprint__in=cards).values_list(
        "fingerprint", "buyer_id", "used_at"
    ):
        users[card].add(buyer_id)
        newest[card] = max(newest.get(card, moment), moment)
    return [CardActivity(card, frozenset(users[card]), newest[card]) for card in cards]


def addresses_since(since: datetime, *, now: datetime) -> list[AddressActivity]:
    """Addresses from which purchases were started since then, with everybody who did within the last day."""
    starts = Purchase.objects.filter(
        address__isnull=False, started_at__gt=now - ACTIVITY_WINDOW, started_at__lte=now
    )
    addresses = list(
        starts.filter(started_at__gt=since)
        .order_by()
        .values_list("address", flat=True)
        .distinct()[:ACTIVITY_SUBJECTS_MAX]
    )
    users: dict[str, set[uuid.UUID]] = defaultdict(set)
    newest: dict[str, datetime] = {}
    for address, buyer_id, moment in starts.filter(address__in=addresses).values_list(
        "address", "buyer_id", "started_at"
    ):
        users[str(address)].add(buyer_id)
        newest[str(address)] = max(newest.get(str(address), moment), moment)
    return [AddressActivity(each, frozenset(users[each]), newest[each]) for each in map(str, addresses)]


def _first(*rows: QuerySet[Any, uuid.UUID]) -> list[uuid.UUID]:
    """Each id once, at most so many."""
    found = dict.fromkeys(
        each for query in rows for each in query.order_by().distinct()[:ACTIVITY_SUBJECTS_MAX]
    )
    return list(found)[:ACTIVITY_SUBJECTS_MAX]


def _times(rows: QuerySet[Any], name: str, ids: Collection[uuid.UUID], buyer: str = "buyer_id") -> Times:
    times: Times = defaultdict(list)
    for buyer_id, moment in rows.filter(**{f"{buyer}__in": ids}).values_list(buyer, name):
        times[buyer_id].append(moment)
    return times
