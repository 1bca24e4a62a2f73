"""Reads lots."""

import uuid
from datetime import datetime

from django.db.models import F, QuerySet

from tokens.models import Lot


def wallets_with_expired_lots(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """The accounts of wallets in which tokens have expired that no hold keeps."""
    expired = Lot.objects.filter(is_open=True, expires_at__lte=now, remaining__gt=F("held"))
    return list(dict.fromkeys(expired.order_by("expires_at").values_list("account_id", flat=True)[:limit]))


def open_lots_of(account_id: uuid.UUID) -> QuerySet[Lot]:
    """The wallet's lots with tokens in them, in the order in which they are used."""
    return Lot.objects.filter(account_id=account_id, is_open=True).order_by(
        F("expires_at").asc(nulls_last=True), "is_bought", "seq"
    )
