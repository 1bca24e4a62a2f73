"""The Listen call: a client names documents or queries and is told of every change to them."""

import contextlib
import queue
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud.firestore_v1.types import TargetChange

from sandbox.firestore.messages import ListenResponse, timestamp
from sandbox.firestore.store import Store, Version, version_of

ChangeType = TargetChange.TargetChangeType
CHANGED = object()
ENDED = object()


@dataclass
class Target:
    """What one client watches under one number, and what it was told last."""

    number: int
    request: Any
    told: dict[str, Version] = field(default_factory=dict)

    def found_in(self, store: Store) -> dict[str, Any]:
        """Give the documents that the target covers now, by name."""
        if self.request.WhichOneof("target_type") == "query":
            query = self.request.query
            return {found.name: found for found in store.query(query.parent, query.structured_query)}
        names = self.request.documents.documents
        return {name: found for name in names if (found := store.get(name)) is not None}


class Listener:
    """One open stream of a client."""

    def __init__(self, store: Store, requests: Iterator[Any]) -> None:
        """Serve this client's requests from this store."""
        self._store = store
        self._requests = requests
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._targets: dict[int, Target] = {}

    def answers(self) -> Iterator[Any]:
        """Give the answers until the client leaves."""
        threading.Thread(target=self._read_requests, daemon=True).start()
        self._store.watch(self._notify)
        try:
            while (message := self._inbox.get()) is not ENDED:
                yield from self._answers_to(message)
        finally:
            self._store.unwatch(self._notify)

    def _notify(self) -> None:
        self._inbox.put(CHANGED)

    def _read_requests(self) -> None:
        with contextlib.suppress(grpc.RpcError):  # the client went away
            for request in self._requests:
                self._inbox.put(request)
        self._inbox.put(ENDED)

    def _answers_to(self, message: Any) -> Iterator[Any]:
        if message is CHANGED:
            for target in list(self._targets.values()):
                yield from self._changes_of(target, is_first=False)
        elif message.WhichOneof("target_change") == "remove_target":
            self._targets.pop(message.remove_target, None)
            yield _target_change(ChangeType.REMOVE, [message.remove_target])
        else:
            target = Target(message.add_target.target_id, message.add_target)
            self._targets[target.number] = target
            yield _target_change(ChangeType.ADD, [target.number])
            yield from self._changes_of(target, is_first=True)

    def _changes_of(self, target: Target, *, is_first: bool) -> Iterator[Any]:
        """Tell what changed since the target was told last, then that this is all."""
        with self._store.lock:
            found = target.found_in(self._store)
            now = self._store.now()
            gone = set(target.told) - set(found)
            if is_first and target.request.WhichOneof("target_type") == "documents":
                gone = set(target.request.documents.documents) - set(found)
            remaining = {name for name in gone if self._store.get(name) is not None}
        versions = {name: version_of(document) for name, document in found.items()}
        fresh = [found[name] for name, version in versions.items() if target.told.get(name) != version]
        target.told = versions
        if not (fresh or gone or is_first):
            return
        ours = [target.number]
        for document in fresh:
            yield ListenResponse(document_change={"document": document, "target_ids": ours})
        for name in gone:
            change = {"document": name, "removed_target_ids": ours, "read_time": timestamp(now)}
            kind = "document_remove" if name in remaining else "document_delete"
            yield ListenResponse(**{kind: change})
        if is_first:
            yield _target_change(ChangeType.CURRENT, ours, now)
        yield _target_change(ChangeType.NO_CHANGE, [], now)  # a consistent moment


def _target_change(kind: int, numbers: list[int], now: int | None = None) -> Any:
    change: dict[str, Any] = {"target_change_type": int(kind), "target_ids": numbers}
    if now is not None:
        change |= {"resume_token": struct.pack(">Q", now), "read_time": timestamp(now)}
    return ListenResponse(target_change=change)
