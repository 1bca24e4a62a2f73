"""What one reconciliation looks at, and what its checks have asked Stripe for in common."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from payments.errors import PaymentsUnavailable
from payments.gateways.stripe_lists import ListedSession, list_sessions, list_told
from payments.limits import CREDIT_GRACE, LIST_SLACK, RECONCILE_CHUNK
from payments.models import Purchase
from payments.services.reconciliation.time_limit import end_of_time

if TYPE_CHECKING:
    from payments.services.reconciliation.check import Difference

Pair = tuple[ListedSession, Purchase | None]


class Scope:
    """From when on is looked, and the sessions that Stripe has had since: listed once, whichever checks are made."""

    def __init__(self, *, since: datetime, now: datetime, is_whole: bool = False) -> None:
        self.since = since
        self.now = now
        self.is_whole = is_whole
        self.on_its_way: set[tuple[str, str]] = (
            set()
        )  # kind and subject of what differed, and was told of lately

    @property
    def listed_since(self) -> datetime:
        """A little earlier: Stripe's clock may be behind ours."""
        return self.since - LIST_SLACK

    @property
    def arrived_by(self) -> datetime:
        """What has happened by then has arrived, or is lost; what is younger may be on its way."""
        return self.now - CREDIT_GRACE

    def arrived(self, differing: Iterable[tuple[str, "Difference"]]) -> Iterator["Difference"]:
        """Those of these differences whose object at Stripe nothing was told of within the last minutes.

        Each comes with that object's id, or with none where nothing that Stripe tells would end it. Objects do not say
        when they last changed, events do: they are listed once something differs, and so after the objects were.
        """
        told = cache(self._told_lately)
        for object_id, difference in differing:
            if object_id and object_id in told():
                self.on_its_way.add((difference.kind, difference.subject))
            else:
                yield difference

    def _told_lately(self) -> frozenset[str]:
        try:
            return list_told(since=self.arrived_by)
        except PaymentsUnavailable as error:  # better told a little early than not at all, or not mended
            if time_is_over := end_of_time(error):
                raise time_is_over from error
            return frozenset()

    @cached_property
    def sessions(self) -> Sequence[ListedSession]:
        """The Checkout sessions since then, newest first."""
        return list_sessions(since=self.listed_since)

    @cached_property
    def sessions_by_id(self) -> dict[str, ListedSession]:
        """The same by id."""
        return {session.facts.session_id: session for session in self.sessions}

    def pairs(self) -> Iterator[Pair]:
        """Each session that names a purchase of ours, oldest first, and that purchase as it is now."""
        named = [session for session in reversed(self.sessions) if session.facts.purchase_id]
        for start in range(0, len(named), RECONCILE_CHUNK):
            chunk = named[start : start + RECONCILE_CHUNK]
            ids = [_purchase_of(session) for session in chunk]
            purchases = Purchase.objects.in_bulk(ids)
            yield from (
                (session, purchases.get(purchase_id)) for session, purchase_id in zip(chunk, ids, strict=True)
            )


def _purchase_of(session: ListedSession) -> uuid.UUID:
    assert session.facts.purchase_id
    return session.facts.purchase_id
