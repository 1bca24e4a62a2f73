"""Packages whose tokens expire."""

from dataclasses import replace

from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from payments.management.commands.seed_catalog import PACKAGES
from payments.services.catalogue import publish_package


def publish_lasting(days: int | None, *, code: str = "basic") -> None:
    """Put one of the four packages on sale with tokens that last so many days; None: for ever."""
    terms = replace(PACKAGES[code], tokens_expire_after_days=days)
    publish_package(code=code, terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())
