"""What a customer did before: the facts by which security judges a purchase that is about to start."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from identity.queries.users import joined_at
from payments.models import Decline, Purchase
from security.kinds import PurchaseFacts
from security.limits import FACTS_MAX, FACTS_WINDOW


def facts_of(
    *, buyer_id: uuid.UUID, address: str, package_code: str, price_cents: int, now: datetime
) -> PurchaseFacts:
    """Count the customer's history of the last day, and that of the address they come from."""
    since = now - FACTS_WINDOW
    declines = Decline.objects.filter(declined_at__gt=since).order_by("-declined_at")
    at_address = Purchase.objects.filter(address=address, started_at__gt=since)
    return PurchaseFacts(
        user_id=buyer_id,
        account_opened_at=joined_at(buyer_id),
        address=address,
        package_code=package_code,
        price_cents=price_cents,
        started_at=starts_of(buyer_id=buyer_id, now=now),
        declined_at=_times(declines.filter(buyer_id=buyer_id)),
        declined_at_address=_times(declines.filter(address=address)) if address else (),
        buyers_at_address=at_address.values("buyer_id").distinct().count() if address else 0,
    )


def starts_of(*, buyer_id: uuid.UUID, now: datetime) -> tuple[datetime, ...]:
    """When the customer started purchases within the last day, newest first."""
    starts = Purchase.objects.filter(buyer_id=buyer_id, started_at__gt=now - FACTS_WINDOW)
    return tuple(starts.order_by("-started_at").values_list("started_at", flat=True)[:FACTS_MAX])


def _times(declines: QuerySet[Decline]) -> tuple[datetime, ...]:
    return tuple(declines.values_list("declined_at", flat=True)[:FACTS_MAX])
