"""Has faults strike: those that end processes here, the others in `troubles`."""

import threading
import time
from collections.abc import Callable

from tests.chaos import limits
from tests.chaos.installation import Installation
from tests.chaos.keeper import Keeper
from tests.chaos.people import People
from tests.chaos.plan import Fault
from tests.chaos.troubles import TROUBLES, Scene


class Strikes:
    """Has faults strike, and counts what was killed."""

    def __init__(self, installation: Installation, keeper: Keeper, people: People) -> None:
        self._installation, self._keeper = installation, keeper
        self._scene = Scene(installation, keeper, people)
        self._lock = threading.Lock()
        self.kills = 0
        self.struck: dict[str, int] = {}
        self._in_sweeps: list[str] = []
        self._kinds_of_kill: dict[str, Callable[[Fault], int]] = {
            "kill": self._kill,
            "kill-child": self._kill_child,
            "kill-web-at-point": self._kill_at_point,
            "kill-worker-at-point": self._kill_at_point,
            "kill-all": self._kill_all,
            "kill-postgres": self._kill_postgres,
            "kill-in-sweep": self._kill_in_sweep,
        }

    def strike(self, fault: Fault) -> None:
        """Do it, and return when it is over; what it ended is on its way back then."""
        kills = 0
        if fault.kind in TROUBLES:
            TROUBLES[fault.kind](self._scene, fault)
        else:
            kills = self._kinds_of_kill[fault.kind](fault)
        with self._lock:
            self.kills += kills
            self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1

    def _kill(self, fault: Fault) -> int:
        return int(self._keeper.processes[fault.target].kill(fault.kind))

    def _kill_child(self, fault: Fault) -> int:
        """A web process serves again; a worker, whose other child goes on serving, has as many children as before."""
        process, since = self._keeper.processes[fault.target], time.monotonic()
        before = process.children()
        if not process.kill_child(fault.kind):
            return 0
        if process.port:
            self._keeper.wait_for(process)
            self._keeper.note(process.name, fault.kind, since)
        elif _comes_true(lambda: process.children() != before and len(process.children()) >= len(before)):
            self._keeper.note(process.name, fault.kind, since)
        return 1

    def _kill_all(self, fault: Fault) -> int:
        return sum(process.kill(fault.kind) for process in self._keeper.processes.values())

    def _kill_postgres(self, fault: Fault) -> int:
        """The database is away for a moment; it has recovered when both web processes serve again."""
        self._installation.kill_postgres()
        time.sleep(fault.seconds)
        since = time.monotonic()
        self._installation.revive_postgres()
        if _comes_true(self._installation.is_serving, limits.READY_SECONDS_MAX):
            self._keeper.note("postgres", fault.kind, since)
        return 1

    def _kill_in_sweep(self, fault: Fault) -> int:
        """A sweep comes when it comes: `disarm` counts those that came."""
        self._in_sweeps.append(fault.target)
        self._installation.failpoints.arm(fault.target)
        return 0

    def disarm(self) -> None:
        """Let nobody die at a point any more, and count who did in a sweep."""
        for target in set(self._in_sweeps):
            self.kills += not self._installation.failpoints.disarm_one(target)

    def _kill_at_point(self, fault: Fault) -> int:
        """Whoever comes there first dies; nobody may come within the time."""
        points = self._installation.failpoints
        points.arm(fault.target)
        is_struck = _comes_true(lambda: not points.is_armed(fault.target))
        if not is_struck and points.disarm_one(fault.target):
            return 0
        since = time.monotonic()
        if fault.kind == "kill-web-at-point" and _comes_true(
            self._installation.is_serving, limits.READY_SECONDS_MAX
        ):
            self._keeper.note("web", fault.kind, since)
        return 1


def _comes_true(look: Callable[[], bool], seconds_max: float = limits.STRIKE_SECONDS_MAX) -> bool:
    deadline = time.monotonic() + seconds_max
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(limits.POLL_SECONDS)
    return True
