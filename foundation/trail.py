"""The way from the pages of any table to the audit trail, which an app above keeps."""

from collections.abc import Mapping
from typing import Protocol

from django.http import HttpRequest


class Trail(Protocol):
    """What the keeper of the audit trail offers to pages."""

    def tell(
        self,
        request: HttpRequest,
        *,
        action: str,
        subject_kind: str,
        subject_id: object,
        facts: Mapping[str, object],
        reason: str = "",
    ) -> None:
        """Record what the person who is signed in does, in the transaction that does it."""

    def address_of(self, subject_kind: str, subject_id: object) -> str:
        """The address of the page with a row's records."""


_kept: list[Trail] = []


def register_trail(trail: Trail) -> None:
    """Have every page tell this trail. Its keeper calls this once, where its own pages are registered."""
    _kept[:] = [trail]


def trail() -> Trail:
    """The trail that is kept."""
    return _kept[0]
