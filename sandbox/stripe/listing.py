"""Cursor pages over stored rows, newest first."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from sandbox.stripe.errors import InvalidParameter, NoSuchObject
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.limits import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from sandbox.stripe.params import Params
from sandbox.stripe.store import FILTERS, Store

Show = Callable[[StripeObject], StripeObject]
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Query:
    """One list call: conditions gathered from its parameters, then one page."""

    def __init__(
        self, store: Store, params: Params, *, table: str = "objects", kind: str | None = None
    ) -> None:
        self._store = store
        self._params = params
        self._table = table
        self._kind = kind or "event"
        self._conditions: list[str] = []
        self._values: list[Any] = []
        self._oldest_first = False
        if kind is not None:
            self.where("kind = ?", kind)

    def where(self, condition: str, *values: Any) -> None:
        """Add a condition, written by the caller, with its values."""
        self._conditions.append(f"({condition})")
        self._values += values

    def filter_texts(self, *names: str) -> None:
        """Filter by these parameters, each of which names an indexed field of the object."""
        for name in names:
            assert name in FILTERS
            value = self._params.text(name)
            if value is not None:
                self.where(f"json_extract(body, '$.{name}') = ?", value)

    def filter_active(self) -> None:
        """Filter by the parameter `active`."""
        value = self._params.boolean("active")
        if value is not None:
            self.where("json_extract(body, '$.active') = ?", int(value))

    def filter_created(self) -> None:
        """Filter by `created`: an instant, or a group of gt, gte, lt, lte."""
        if isinstance(self._params.take("created"), dict):
            bounds = self._params.child("created")
            assert bounds is not None
            for name, sign in _COMPARISONS.items():
                bound = bounds.integer(name)
                if bound is not None:
                    self.where(f"created {sign} ?", bound)
            return
        instant = self._params.integer("created")
        if instant is not None:
            self.where("created = ?", instant)

    def in_order_of_creation(self) -> None:
        """List the oldest first, as line items are."""
        self._oldest_first = True

    def page(self, url: str, show: Show = lambda body: body) -> StripeObject:
        """Return Stripe's list object with at most `limit` entries."""
        limit = self._limit()
        backwards = self._cursor()
        direction = "ASC" if backwards != self._oldest_first else "DESC"
        where = " AND ".join(self._conditions) or "1"
        sql = (
            f"SELECT body FROM {self._table} WHERE {where}"  # noqa: S608 - conditions are written in this program
            f" ORDER BY created {direction}, seq {direction} LIMIT ?"
        )
        rows = self._store.rows(sql, (*self._values, limit + 1))
        return {
            "object": "list",
            "data": _shown(rows[:limit], show, backwards=backwards),
            "has_more": len(rows) > limit,
            "url": url,
        }

    def _limit(self) -> int:
        limit = self._params.integer("limit")
        if limit is None:
            return PAGE_SIZE_DEFAULT
        if not 1 <= limit <= PAGE_SIZE_MAX:
            raise InvalidParameter("limit", f"Invalid limit: must be between 1 and {PAGE_SIZE_MAX}.")
        return limit

    def _cursor(self) -> bool:
        """Start after or end before an object; return whether the page is read backwards."""
        after, before = self._params.text("starting_after"), self._params.text("ending_before")
        if after and before:
            raise InvalidParameter(
                "ending_before", "You may only use one of starting_after and ending_before."
            )
        older, newer = (">", "<") if self._oldest_first else ("<", ">")
        for name, cursor, sign in (("starting_after", after, older), ("ending_before", before, newer)):
            if cursor is None:
                continue
            query = f"SELECT created, seq FROM {self._table} WHERE id = ?"  # noqa: S608 - a name of ours
            row = self._store.row(query, (cursor,))
            if row is None:
                raise NoSuchObject(self._kind, cursor, param=name, status=400)
            self.where(f"(created, seq) {sign} (?, ?)", row["created"], row["seq"])
        return before is not None


def _shown(rows: list[sqlite3.Row], show: Show, *, backwards: bool) -> list[StripeObject]:
    found = [show(json.loads(row["body"])) for row in rows]
    return found[::-1] if backwards else found
