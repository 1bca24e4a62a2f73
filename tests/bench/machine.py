"""How busy the machine was: a figure is worth little beside another run that had its processors."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.bench.rounds import Figures

PROC_STAT = Path("/proc/stat")
LOOK_SECONDS = 1.0
IDLE, IO_WAIT, STEAL = (
    3,
    4,
    7,
)  # https://docs.kernel.org/filesystems/proc.html#miscellaneous-kernel-statistics-in-proc-stat
GUEST = 8  # guest time is told within user time as well


@dataclass(frozen=True)
class Ticks:
    """The processors' time since the machine started, all of them together."""

    total: int = 0
    idle: int = 0
    stolen: int = 0

    @classmethod
    def now(cls) -> Self:
        """Read them; zero where the system does not tell."""
        try:
            numbers = [int(word) for word in PROC_STAT.read_text().splitlines()[0].split()[1:]]
        except OSError:
            return cls()
        return cls(sum(numbers[:GUEST]), numbers[IDLE] + numbers[IO_WAIT], numbers[STEAL])


class Busyness:
    """Watches the machine during one bench.

    `others_busy_percent` was measured in the second before it: what others than the bench were doing.
    """

    def __init__(self, *, look_seconds: float = LOOK_SECONDS) -> None:
        """Look at the machine as it is without us."""
        before = Ticks.now()
        time.sleep(look_seconds)
        self._start = Ticks.now()
        self._others = _percent(before, self._start)
        self._load_before = os.getloadavg()[0]

    def figures(self) -> Figures:
        """Tell what was seen, in per cent of all processors."""
        meanwhile = _percent(self._start, Ticks.now())
        return {
            "machine_processors": os.cpu_count() or 1,
            "machine_load_before": self._load_before,
            "machine_load_after": os.getloadavg()[0],
            "machine_others_busy_percent": 100.0 - self._others["idle"],
            "machine_idle_percent": meanwhile["idle"],
            "machine_steal_percent": meanwhile["stolen"],
        }


def _percent(start: Ticks, end: Ticks) -> Figures:
    total = max(end.total - start.total, 1)
    return {
        "idle": 100.0 * (end.idle - start.idle) / total,
        "stolen": 100.0 * (end.stolen - start.stolen) / total,
    }
