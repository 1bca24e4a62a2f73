"""Reads lots."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet, Sum

from tokens.kinds import LotKind
from tokens.models import Lot


@dataclass(frozen=True, slots=True)
class Expiring:
    """So many unused tokens expire at this moment."""

    tokens: int
    expires_at: datetime


def next_to_expire(account_id: uuid.UUID, *, now: datetime) -> Expiring | None:
    """The wallet's tokens that expire next, all that do at one moment; None if none of what it has ever does."""
    lots = Lot.objects.filter(account_id=account_id, is_open=True, expires_at__gt=now)
    by_moment = lots.order_by("expires_at").values_list("expires_at").annotate(Sum("remaining"))
    return next((Expiring(tokens, moment) for moment, tokens in by_moment[:1] if moment), None)


def wallets_with_expired_lots(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """The accounts of wallets in which tokens have expired that no hold keeps."""
    expired = Lot.objects.filter(is_open=True, expires_at__lte=now, remaining__gt=F("held"))
    return list(dict.fromkeys(expired.order_by("expires_at").values_list("account_id", flat=True)[:limit]))


def open_lots_of(account_id: uuid.UUID) -> QuerySet[Lot]:
    """The wallet's lots with tokens in them, in the order in which they are used."""
    return Lot.objects.filter(account_id=account_id, is_open=True).order_by(
        F("expires_at").asc(nulls_last=True), "is_bought", "seq"
    )


def outstanding_by_kind() -> dict[LotKind, int]:
    """How many tokens customers have, by how they came by them: what the house owes. It reads every open lot."""
    rows = Lot.objects.filter(is_open=True).order_by().values_list("kind").annotate(Sum("remaining"))
    return dict.fromkeys(LotKind, 0) | {LotKind(kind): tokens for kind, tokens in rows}
