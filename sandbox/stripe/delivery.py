"""Sends what the queue says is due: a few workers in the background, and the controls in their own order."""

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sandbox.stripe.events import EventLog
from sandbox.stripe.journal import Journal
from sandbox.stripe.limits import TICK_SECONDS
from sandbox.stripe.queue import DeliveryQueue
from sandbox.stripe.sender import Outcome, Sender
from sandbox.stripe.store import Store

_CONCURRENT_DUPLICATES_MAX = 64


class Courier:
    """Delivers events; the wire is never touched while the store's lock is held."""

    def __init__(self, store: Store, events: EventLog, queue: DeliveryQueue, journal: Journal) -> None:
        self._store = store
        self._events = events
        self._queue = queue
        self._journal = journal
        self._sender = Sender()
        self._stopping = False
        self._workers: list[threading.Thread] = []

    def start(self, workers: int) -> None:
        """Resume what a crash interrupted and keep delivering."""
        self._queue.resume()
        self._workers = [
            threading.Thread(target=self._run, name=f"courier-{number}", daemon=True)
            for number in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Stop after the deliveries that are on the wire, waiting a moment for them."""
        self._stopping = True
        with self._store.lock:
            self._queue.work.notify_all()
        deadline = time.monotonic() + TICK_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        self._sender.close()

    def _run(self) -> None:
        while not self._stopping:
            with self._store.lock:
                delivery = self._queue.claim()
                if delivery is None:
                    pause = self._queue.seconds_to_next()
                    self._queue.work.wait(TICK_SECONDS if pause is None else min(pause, TICK_SECONDS))
                    continue
            try:
                self.deliver(delivery)
            except sqlite3.ProgrammingError:  # the store was closed under a delivery that outlived `stop`
                return

    def deliver(self, delivery: int) -> Outcome | None:
        """Make one attempt at a claimed delivery and record it; None when its endpoint or event is gone."""
        with self._store.lock:
            row = self._store.row("SELECT event, endpoint FROM deliveries WHERE id = ?", (delivery,))
            event = self._events.find(row["event"]) if row else None
            endpoint = self._store.find(row["endpoint"], "webhook_endpoint") if row else None
            if event is None or endpoint is None:
                self._queue.drop(delivery)
                return None
            secret = self._store.private(endpoint["id"])["secret"]
            body = json.dumps(event).encode()
        self._journal.record(event)
        outcome = self._sender.post(endpoint["url"], secret, body)
        self._queue.record(delivery, outcome)
        return outcome

    def deliver_in_order(self, deliveries: list[int]) -> list[Outcome | None]:
        """Deliver one after the other, each after the answer to the one before."""
        return [self.deliver(delivery) for delivery in deliveries]

    def deliver_at_once(self, deliveries: list[int]) -> list[Outcome | None]:
        """Deliver all at the same time."""
        threads = min(len(deliveries), _CONCURRENT_DUPLICATES_MAX) or 1
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.deliver, deliveries))
