"""Reads lots."""

import uuid
from datetime import datetime

from django.db.models import F

from tokens.models import Lot


def wallets_with_expired_lots(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """The accounts of wallets in which tokens have expired that no hold keeps."""
    expired = Lot.objects.filter(is_open=True, expires_at__lte=now, remaining__gt=F("held"))
    return list(dict.fromkeys(expired.order_by("expires_at").values_list("account_id", flat=True)[:limit]))
