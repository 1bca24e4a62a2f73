"""Reads holds."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from tokens.errors import HoldNotFound
from tokens.kinds import HoldStatus
from tokens.models import Hold


def hold_of(*, service: str, hold_id: uuid.UUID) -> Hold:
    """The service's hold.

    :raises HoldNotFound: `hold_not_found`: it has none with this id.
    """
    hold = Hold.objects.select_related("note").filter(id=hold_id, service=service).first()
    if hold is None:
        raise HoldNotFound
    return hold


def wallets_with_overdue_holds(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """The accounts of wallets in which a hold is past its end."""
    overdue = Hold.objects.filter(status=HoldStatus.PLACED, expires_at__lte=now).order_by("expires_at")
    return list(dict.fromkeys(overdue.values_list("account_id", flat=True)[:limit]))


def placed_holds_of(account_id: uuid.UUID) -> QuerySet[Hold]:
    """What services have set aside in the wallet now, what ends soonest first."""
    return Hold.objects.filter(account_id=account_id, status=HoldStatus.PLACED).order_by("expires_at")
