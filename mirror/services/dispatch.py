"""A worker's run: claims and delivers until nothing is due, several subjects at once."""

import contextvars
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from types import TracebackType
from typing import Self

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from foundation.waker import wake
from mirror import limits
from mirror.errors import DeliveryFailure
from mirror.kinds import DELIVER_TASK, Claim, Clock, Ending, Only, Outcome, Ready, Run, Shown
from mirror.services import batches, outbox
from mirror.services.delivery import deliver, give_up


def deliver_due(*, clock: Clock, only: Only | None = None) -> Run:
    """Deliver until nothing is due, the run's budget is spent, or Firestore does not answer.

    One subject is in one worker's hands at a time (its lease); different ones go in parallel. When Firestore
    does not answer, the rows not yet begun stay as they are: an outage costs a few calls per run.
    `only` keeps to some subjects and leaves the others to other workers.
    """
    with _Hands(clock) as hands:
        ending = _work(hands, clock, only)
    delivered = hands.outcomes.count(Outcome.DELIVERED)
    return Run(delivered=delivered, failed=len(hands.outcomes) - delivered, ending=ending)


def _work(hands: "_Hands", clock: Clock, only: Only | None) -> Ending:
    ends_at = clock() + timedelta(seconds=limits.RUN_SECONDS_MAX)
    while True:
        if hands.want_more():
            hands.take(outbox.claim(limit=hands.room, now=clock(), only=only))
        if not hands.are_busy():
            return Ending.DRAINED
        hands.collect()
        if Outcome.UNAVAILABLE in hands.outcomes:
            return Ending.FIRESTORE_UNAVAILABLE
        if len(hands.outcomes) >= limits.RUN_ROWS_MAX or clock() >= ends_at:
            wake(DELIVER_TASK)
            return Ending.BUDGET_SPENT


class _Hands:
    """What a run has claimed: its threads talk to Firestore, and this one to the database for all of them."""

    def __init__(self, clock: Clock) -> None:
        self.outcomes: list[Outcome] = []
        self._clock = clock
        self._running: dict[Future[Shown | Outcome], Claim] = {}
        self._claimed_at = 0.0
        self._threads = ThreadPoolExecutor(limits.DELIVERY_THREADS, thread_name_prefix="mirror")
        self._connections: set[BaseDatabaseWrapper] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of what was not begun, and settle what was."""
        waiting = [claimed for future, claimed in self._running.items() if future.cancel()]
        self._running = {
            future: claimed for future, claimed in self._running.items() if not future.cancelled()
        }
        self._threads.shutdown()
        try:
            if waiting:
                outbox.let_go(waiting)
            if kind is None:
                self.collect()
        finally:
            for each in self._connections:
                each.close()
                each.dec_thread_sharing()

    @property
    def room(self) -> int:
        """How many more rows may be claimed."""
        return limits.IN_HAND_MAX - len(self._running)

    def are_busy(self) -> bool:
        """Whether any delivery is not settled."""
        return bool(self._running)

    def want_more(self) -> bool:
        """Whether to claim: where half of what can be in hand is done, or new rows have waited long enough."""
        has_waited = time.monotonic() - self._claimed_at >= limits.CLAIM_PAUSE_SECONDS
        return self.room >= limits.IN_HAND_MAX // 2 or (has_waited and self.room > 0)

    def take(self, claims: Sequence[Claim]) -> None:
        """Have the threads deliver these."""
        self._claimed_at = time.monotonic()
        ready, others = batches.prepare(claims)
        for each in ready:
            self._begin(each.claimed, lambda each=each: self._show(each))  # type: ignore[misc]
        for claimed in others:
            self._begin(claimed, lambda claimed=claimed: self._deliver(claimed))  # type: ignore[misc]

    def collect(self) -> None:
        """Wait a little, and settle what is done by then."""
        done, _ = wait(self._running, timeout=limits.SETTLE_PAUSE_SECONDS)
        results = [future.result() for future in done]
        for future in done:
            del self._running[future]
        shown = [result for result in results if isinstance(result, Shown)]
        if shown:
            batches.settle(shown, clock=self._clock)
        self.outcomes += [Outcome.DELIVERED if isinstance(result, Shown) else result for result in results]

    def _begin(self, claimed: Claim, work: Callable[[], Shown | Outcome]) -> None:
        # In the task's own context: what a thread logs names the request behind it, too.
        self._running[self._threads.submit(contextvars.copy_context().run, work)] = claimed

    def _show(self, ready: Ready) -> Shown | Outcome:
        try:
            shown = batches.show(ready, clock=self._clock)
        except DeliveryFailure as failure:
            self._keep_connection()
            return give_up(ready.claimed, failure, clock=self._clock)
        return shown or self._deliver(ready.claimed)

    def _deliver(self, claimed: Claim) -> Outcome:
        self._keep_connection()
        return deliver(claimed, clock=self._clock)

    def _keep_connection(self) -> None:
        """This thread's connection serves all its deliveries, and is closed after the run."""
        mine = connections[DEFAULT_DB_ALIAS]
        if mine not in self._connections:
            mine.inc_thread_sharing()
            self._connections.add(mine)
