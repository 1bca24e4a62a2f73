"""The documents, and the only way to change them: atomic commits with preconditions."""

import itertools
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.firestore import errors
from sandbox.firestore.journal import Journal
from sandbox.firestore.messages import Document, WriteResult, timestamp
from sandbox.firestore.query import run_query
from sandbox.firestore.transforms import apply_transform
from sandbox.firestore.values import copy_fields, get_field, parse_path, set_field

DOCUMENT_BYTES_MAX = 1_048_576
TRANSACTION_SECONDS_MAX = 270
MICROSECOND = 1000

Version = int  # a document's update time in nanoseconds; 0 where there is none
Staged = dict[str, Any | None]


@dataclass
class Transaction:
    """What a transaction has read: its commit holds only if all of it is still so."""

    is_read_only: bool
    began_at: float
    reads: dict[str, Version] = field(default_factory=dict)
    queries: list[tuple[str, Any, list[tuple[str, Version]]]] = field(default_factory=list)


def version_of(document: Any | None) -> Version:
    """Give the version of a document, 0 for none."""
    return int(document.update_time.ToNanoseconds()) if document is not None else 0


class Store:
    """All documents of all projects. Stored documents are never changed, only replaced."""

    def __init__(self, journal: Journal | None = None) -> None:
        """Take up what the journal kept, if there is one."""
        self.lock = threading.RLock()
        self._collections: dict[str, dict[str, Any]] = defaultdict(dict)
        self._transactions: dict[bytes, Transaction] = {}
        self._transaction_ids = itertools.count(1)
        self._last_time = 0
        self._watchers: set[Callable[[], None]] = set()
        self._journal = journal
        if journal:
            self._replace(journal.load())

    # Reading

    def get(self, name: str) -> Any | None:
        """Give a document by its full name, or None."""
        return self._collections.get(name.rpartition("/")[0], {}).get(name)

    def query(self, parent: str, query: Any) -> list[Any]:
        """Run a structured query below a parent."""
        with self.lock:
            return run_query(list(self._selected(parent, query)), query)

    def collection(self, name: str) -> dict[str, Any]:
        """Give the documents of one collection."""
        with self.lock:
            return dict(self._collections.get(name, {}))

    def collection_names_below(self, parent: str) -> list[str]:
        """Give the names of all collections with documents anywhere below a parent."""
        with self.lock:
            return [
                name
                for name, documents in self._collections.items()
                if documents and name.startswith(parent + "/")
            ]

    def _selected(self, parent: str, query: Any) -> Iterable[Any]:
        selector = query.from_[0] if len(query.from_) else None
        if selector and selector.collection_id and not selector.all_descendants:
            return self._collections.get(f"{parent}/{selector.collection_id}", {}).values()
        names = self.collection_names_below(parent)
        if selector and selector.collection_id:
            names = [name for name in names if name.endswith("/" + selector.collection_id)]
        elif not (selector and selector.all_descendants):
            names = [name for name in names if "/" not in name.removeprefix(parent + "/")]
        return (document for name in names for document in self._collections[name].values())

    # Time and transactions

    def now(self) -> int:
        """Give the time in nanoseconds, in microseconds' steps, always later than before."""
        with self.lock:
            now = time.time_ns() // MICROSECOND * MICROSECOND
            self._last_time = max(now, self._last_time + MICROSECOND)
            return self._last_time

    def begin(self, options: Any | None = None) -> bytes:
        """Open a transaction; forget those that were never ended."""
        with self.lock:
            now = time.monotonic()
            self._transactions = {
                key: transaction
                for key, transaction in self._transactions.items()
                if now - transaction.began_at < TRANSACTION_SECONDS_MAX
            }
            key = struct.pack(">Q", next(self._transaction_ids))
            is_read_only = bool(options is not None and options.HasField("read_only"))
            self._transactions[key] = Transaction(is_read_only, now)
            return key

    def transaction(self, key: bytes) -> Transaction:
        """Give an open transaction.

        :raises Refused: INVALID_ARGUMENT when it was ended or never begun
        """
        if key not in self._transactions:
            raise errors.invalid("The referenced transaction has expired or is no longer valid.")
        return self._transactions[key]

    def rollback(self, key: bytes) -> None:
        """End a transaction without a change."""
        with self.lock:
            self._transactions.pop(key, None)

    def _end(self, key: bytes, *, has_writes: bool) -> None:
        transaction = self.transaction(key)
        del self._transactions[key]
        if transaction.is_read_only and has_writes:
            raise errors.invalid("Cannot modify entities in a read-only transaction.")
        for name, version in transaction.reads.items():
            if version_of(self.get(name)) != version:
                raise errors.contention()
        for parent, query, result in transaction.queries:
            if [(found.name, version_of(found)) for found in self.query(parent, query)] != result:
                raise errors.contention()

    # Writing

    def commit(self, writes: Any, transaction: bytes = b"") -> tuple[list[Any], int]:
        """Apply all writes or none; give a result for each, and the commit's time.

        :raises Refused: ABORTED when what the transaction read has changed since; NOT_FOUND,
            ALREADY_EXISTS or FAILED_PRECONDITION when a precondition does not hold
        """
        with self.lock:
            if transaction:
                self._end(transaction, has_writes=len(writes) > 0)
            now = self.now()
            staged: Staged = {}
            results = [self._stage(write, staged, now) for write in writes]
            if self._journal and staged:
                self._journal.append(staged)
            self._replace(staged)
            if staged:
                for notify in list(self._watchers):
                    notify()
            return results, now

    def _replace(self, staged: Staged) -> None:
        for name, document in staged.items():
            collection = self._collections[name.rpartition("/")[0]]
            if document is None:
                collection.pop(name, None)
            else:
                collection[name] = document
                self._last_time = max(self._last_time, version_of(document))

    def _stage(self, write: Any, staged: Staged, now: int) -> Any:
        """Work out one write on top of those before it."""
        operation = write.WhichOneof("operation")
        name = _name_of(write, operation)
        old = staged[name] if name in staged else self.get(name)
        if write.HasField("current_document"):
            _check(write.current_document, old, name)
        result = WriteResult(update_time=timestamp(now))
        if operation == "delete":
            staged[name] = None
        elif operation != "verify":
            new = _changed(write, operation, name, old, now)
            transforms = (
                write.update_transforms if operation == "update" else write.transform.field_transforms
            )
            for transform in transforms:
                result.transform_results.append(apply_transform(new, transform, now))
            _check_size(new)
            staged[name] = new
        return result

    # Watching

    def watch(self, notify: Callable[[], None]) -> None:
        """Have a function called, under the lock, after every commit that changed something."""
        with self.lock:
            self._watchers.add(notify)

    def unwatch(self, notify: Callable[[], None]) -> None:
        """Call the function no more."""
        with self.lock:
            self._watchers.discard(notify)


def _name_of(write: Any, operation: str) -> str:
    if operation == "update":
        return str(write.update.name)
    return str(write.transform.document if operation == "transform" else getattr(write, operation))


def _changed(write: Any, operation: str, name: str, old: Any | None, now: int) -> Any:
    """Give the document as the write makes it: replaced, or the old one with the masked fields."""
    new = Document(name=name, update_time=timestamp(now))
    new.create_time.CopyFrom(old.create_time if old is not None else timestamp(now))
    if operation == "update" and not write.HasField("update_mask"):
        copy_fields(write.update, new)
        return new
    if old is not None:
        copy_fields(old, new)
    if operation == "update":
        for field_path in write.update_mask.field_paths:
            path = parse_path(field_path)
            set_field(new.fields, path, get_field(write.update.fields, path))
    return new


def _check(precondition: Any, old: Any | None, name: str) -> None:
    condition = precondition.WhichOneof("condition_type")
    if condition == "exists" and precondition.exists and old is None:
        raise errors.not_found(f"No document to update: {name}")
    if condition == "exists" and not precondition.exists and old is not None:
        raise errors.already_exists(name)
    if condition == "update_time" and old is None:
        raise errors.not_found(f"No document to update: {name}")
    if condition == "update_time" and old.update_time != precondition.update_time:  # type: ignore[union-attr]
        raise errors.stale(name)


def _check_size(document: Any) -> None:
    size = document.ByteSize()
    if size > DOCUMENT_BYTES_MAX:
        raise errors.invalid(
            f"Document {document.name} cannot be written because its size ({size:,} bytes) "
            f"exceeds the maximum allowed size of {DOCUMENT_BYTES_MAX:,} bytes."
        )
