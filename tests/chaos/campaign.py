"""A campaign: people live, faults strike cycle after cycle, everything settles, and then it is judged."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.stripe.client import StillDelivering
from tests.chaos import limits, reading
from tests.chaos.calls import Calls
from tests.chaos.faults import Strikes
from tests.chaos.installation import Installation
from tests.chaos.judge import Verdict, judge
from tests.chaos.keeper import Keeper, Recovery
from tests.chaos.people import People
from tests.chaos.plan import SECONDS_PER_CYCLE, Cycle, Fault
from tests.chaos.told import Told

# What waits for a time to come has waited: leases of the dead, pauses after failures.
TIME_PASSES = (
    """
    UPDATE foundation_idempotencyrecord SET leased_until_at = now()
    WHERE answer_status IS NULL AND started_at < now() - interval '15 seconds'
    """,
    "UPDATE mirror_outboxrow SET due_at = now() WHERE due_at > now()",
    "UPDATE mirror_outboxrow SET leased_until = now() WHERE leased_until > now()",
    "UPDATE payments_inboxevent SET due_at = now() WHERE due_at > now()",
)


@dataclass(frozen=True)
class Result:
    """What a campaign led to."""

    seed: int
    cycles: int
    kills: int
    struck: dict[str, int]
    not_struck: Sequence[str]
    acknowledged: int
    webhooks: int
    statuses: dict[int, int]
    recoveries: Sequence[Recovery]
    settle_seconds: float
    seconds: float
    verdict: Verdict


class Campaign:
    """One campaign on an installation that is there."""

    def __init__(self, installation: Installation, *, seed: int, rate: float, impatient: bool) -> None:
        """Take how it goes.

        :param rate: what people do in a second, all of them together
        :param impatient: have the time come, in the end, that leases and pauses wait for
        """
        self._installation, self._seed, self._impatient = installation, seed, impatient
        self._told = Told()
        self._not_struck: list[str] = []
        self._keeper = Keeper(installation.processes)
        calls = Calls(installation.url, api_key=installation.api_key, project=installation.project)
        self._people = People(calls, installation.stripe, self._told, rate=rate, seed=seed)
        self._strikes = Strikes(installation, self._keeper, self._people)

    def run(self, cycles: Sequence[Cycle], *, say: Callable[[str], None]) -> Result:
        """Run all cycles, let everything settle, and judge."""
        began = time.monotonic()
        try:
            self._keeper.start()
            self._people.start()
            for cycle in cycles:
                self._run_cycle(cycle)
                say(f"cycle {cycle.number}: {_words(cycle)}; {self._told.acknowledged} acknowledged")
            self._strikes.disarm()
            self._installation.calm()
            self._people.close()
            settle_seconds = self._settle()
            verdict = self._judge(imbalances=reading.find_imbalances(self._installation))
        finally:
            self._people.stop()
            self._keeper.stop()
        return Result(
            seed=self._seed,
            cycles=len(cycles),
            kills=self._strikes.kills,
            struck=self._strikes.struck,
            not_struck=self._not_struck,
            acknowledged=self._told.acknowledged,
            webhooks=reading.read_books(self._installation.owners_url).told_by_stripe,
            statuses=self._told.statuses,
            recoveries=self._keeper.recoveries,
            settle_seconds=settle_seconds,
            seconds=time.monotonic() - began,
            verdict=verdict,
        )

    def _run_cycle(self, cycle: Cycle) -> None:
        """Have each fault strike at its time; the cycle is over when all is over and every process serves.

        A fault that cannot be done, since another has hit what it needs, is told in the end and ends no campaign.
        """
        began = time.monotonic()

        def strike(fault: Fault) -> None:
            try:
                time.sleep(max(0.0, began + fault.at - time.monotonic()))
                self._strikes.strike(fault)
            except Exception as error:  # noqa: BLE001 - told in the end
                self._not_struck.append(
                    f"cycle {cycle.number}: {fault.kind} ({fault.target}): {error!r}"[:500]
                )

        threads = [threading.Thread(target=strike, args=(fault,)) for fault in cycle.faults]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._people.raise_failure()
        time.sleep(max(0.0, began + SECONDS_PER_CYCLE - time.monotonic()))
        self._keeper.wait_until_all_serve()

    def _settle(self) -> float:
        """Wait until nobody is in doubt, Stripe has told all and nothing is lost or stale; give the seconds it took."""
        began = time.monotonic()
        while time.monotonic() < began + limits.SETTLE_SECONDS_MAX:
            if self._impatient:
                self._pass_time()
            with contextlib.suppress(StillDelivering):
                self._installation.stripe.wait_until_idle(limits.SETTLE_LOOK_SECONDS)
                if self._is_settled():
                    break
            time.sleep(limits.SETTLE_LOOK_SECONDS)
        return time.monotonic() - began

    def _pass_time(self) -> None:
        for statement in TIME_PASSES:
            self._installation.sql(statement)
        self._installation.stripe.retry_now()
        self._people.hurry()

    def _is_settled(self) -> bool:
        if self._people.doubtful or reading.waiting(self._installation.owners_url):
            return False
        verdict = self._judge()
        return not (verdict.lost or verdict.mirror_stale or verdict.doubtful)

    def _judge(self, *, imbalances: Sequence[str] = ()) -> Verdict:
        return judge(
            self._told,
            reading.read_payments(self._installation.stripe, self._told),
            reading.read_books(self._installation.owners_url, imbalances=imbalances),
            reading.read_shown(self._installation),
        )


def _words(cycle: Cycle) -> str:
    return ", ".join(f"{fault.kind} ({fault.target})" for fault in cycle.faults) or "nothing"
