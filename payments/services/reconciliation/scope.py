"""What one reconciliation looks at, and what its checks have asked Stripe for in common."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property

from payments.gateways.stripe_lists import ListedSession, list_sessions
from payments.limits import LIST_SLACK, RECONCILE_CHUNK
from payments.models import Purchase

Pair = tuple[ListedSession, Purchase | None]


class Scope:
    """From when on is looked, and the sessions that Stripe has had since: listed once, whichever checks are made."""

    def __init__(self, *, since: datetime, now: datetime, is_whole: bool = False) -> None:
        self.since = since
        self.now = now
        self.is_whole = is_whole

    @property
    def listed_since(self) -> datetime:
        """A little earlier: Stripe's clock may be behind ours."""
        return self.since - LIST_SLACK

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
