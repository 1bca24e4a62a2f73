"""Reads why wallets are, or were, frozen."""

import uuid

from django.db.models import QuerySet

from tokens.models import Freeze


def freezes_of(account_id: uuid.UUID) -> QuerySet[Freeze]:
    """The wallet's freezes with what was written on them, newest first."""
    return (
        Freeze.objects.filter(account_id=account_id).prefetch_related("reasons").order_by("-frozen_at", "-id")
    )


def is_open(freeze_id: uuid.UUID) -> bool:
    """Whether a freeze has not been lifted yet."""
    return Freeze.objects.filter(id=freeze_id, lifted_at=None).exists()
