"""A worker's run: claims and delivers until nothing is due, several subjects at once."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from django.db import connections

from foundation.waker import wake
from mirror import limits
from mirror.kinds import DELIVER_TASK, Claim, Clock, Ending, Only, Outcome, Run
from mirror.services import outbox
from mirror.services.delivery import deliver


def deliver_due(*, clock: Clock, only: Only | None = None) -> Run:
    """Deliver until nothing is due, the run's budget is spent, or Firestore does not answer.

    One subject is in one worker's hands at a time (its lease); different ones go in parallel. When Firestore
    does not answer, the rows not yet claimed stay as they are: an outage costs a few calls per run.
    `only` keeps to some subjects and leaves the others to other workers.
    """
    ends_at = clock() + timedelta(seconds=limits.RUN_SECONDS_MAX)
    outcomes: list[Outcome] = []
    running: set[Future[Outcome]] = set()
    ending = Ending.DRAINED
    with ThreadPoolExecutor(limits.DELIVERY_THREADS, thread_name_prefix="mirror") as pool:
        while True:
            claims = outbox.claim(limit=limits.DELIVERY_THREADS - len(running), now=clock(), only=only)
            running |= {pool.submit(_deliver_in_thread, claimed, clock) for claimed in claims}
            if not running:
                break
            done, running = wait(running, timeout=limits.CLAIM_PAUSE_SECONDS, return_when=FIRST_COMPLETED)
            outcomes += [future.result() for future in done]
            if Outcome.UNAVAILABLE in outcomes:
                ending = Ending.FIRESTORE_UNAVAILABLE
                break
            if len(outcomes) >= limits.RUN_ROWS_MAX or clock() >= ends_at:
                ending = Ending.BUDGET_SPENT
                wake(DELIVER_TASK)
                break
    outcomes += [future.result() for future in running]
    delivered = outcomes.count(Outcome.DELIVERED)
    return Run(delivered=delivered, failed=len(outcomes) - delivered, ending=ending)


def _deliver_in_thread(claimed: Claim, clock: Clock) -> Outcome:
    try:
        return deliver(claimed, clock=clock)
    finally:
        connections.close_all()  # gives this thread's connection back to the pool
