"""One SQLite file behind one lock: everything the sandbox must still know after kill -9."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.stripe.kinds import StripeObject

# What lists may be filtered by. Each has an index on its JSON field.
FILTERS = ("charge", "customer", "payment_intent", "product", "status")
_SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")


class Store:
    """Objects as JSON rows, plus the tables of the modules that own them, in one transaction at a time."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # A killed process loses nothing: only a power cut could, and then there is nothing here to lose.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit when the outermost block ends well, else undo everything in it."""
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                    self._after_commit.clear()
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")
                callbacks, self._after_commit = self._after_commit, []
                for callback in callbacks:
                    callback()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back, once each, when the outermost transaction has committed and the lock is still held."""
        if callback not in self._after_commit:
            self._after_commit.append(callback)

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one statement; the caller holds the lock."""
        return self._connection.execute(sql, values)

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Run one query under the lock."""
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Row | None:
        """Run one query for at most one row under the lock."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def add(
        self, body: StripeObject, *, private: dict[str, Any] | None = None, parent: str | None = None
    ) -> None:
        """Store a new object; `private` is what the API never shows, `parent` the id it belongs to."""
        self.execute(
            "INSERT INTO objects (id, kind, created, parent, body, private) VALUES (?, ?, ?, ?, ?, ?)",
            (
                body["id"],
                body["object"],
                body.get("created", 0),
                parent,
                json.dumps(body),
                json.dumps(private or {}),
            ),
        )

    def save(self, body: StripeObject) -> None:
        """Overwrite a stored object."""
        self.execute(
            "UPDATE objects SET body = ?, created = ? WHERE id = ?",
            (json.dumps(body), body.get("created", 0), body["id"]),
        )

    def remove(self, object_id: str) -> None:
        """Forget an object."""
        self.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def find(self, object_id: str, kind: str | None = None) -> StripeObject | None:
        """Return the object, if it is there and of that kind."""
        row = self.row("SELECT kind, body FROM objects WHERE id = ?", (object_id,))
        if row is None or (kind is not None and row["kind"] != kind):
            return None
        body: StripeObject = json.loads(row["body"])
        return body

    def private(self, object_id: str) -> dict[str, Any]:
        """Return what is kept beside the object and never shown."""
        row = self.row("SELECT private FROM objects WHERE id = ?", (object_id,))
        kept: dict[str, Any] = json.loads(row["private"]) if row else {}
        return kept

    def children(self, parent: str) -> list[StripeObject]:
        """Return the objects that belong to another, oldest first."""
        found = self.rows("SELECT body FROM objects WHERE parent = ? ORDER BY seq", (parent,))
        return [json.loads(row["body"]) for row in found]

    def endpoints(self) -> list[StripeObject]:
        """Return the webhook endpoints, oldest first."""
        found = self.rows("SELECT body FROM objects WHERE kind = 'webhook_endpoint' ORDER BY seq")
        return [json.loads(row["body"]) for row in found]

    def setting(self, name: str, default: Any) -> Any:
        """Return a value kept across restarts."""
        row = self.row("SELECT value FROM settings WHERE name = ?", (name,))
        return json.loads(row["value"]) if row else default

    def keep(self, name: str, value: Any) -> None:
        """Keep a value across restarts."""
        with self.transaction():
            self.execute(
                "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, json.dumps(value))
            )

    def wipe(self, *, keep_endpoints: bool) -> None:
        """Forget everything, except the webhook endpoints when asked to keep them."""
        with self.transaction():
            spared = "webhook_endpoint" if keep_endpoints else ""
            self.execute("DELETE FROM objects WHERE kind <> ?", (spared,))
            for table in ("events", "deliveries", "attempts", "idempotency", "settings"):
                self.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are written above
