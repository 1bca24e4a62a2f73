"""The plan of a campaign: which faults strike when, as a pure function of its seed.

A cycle's faults do not depend on how many cycles there are, so that a part of a campaign can be run again.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass

SECONDS_PER_CYCLE = 2.5
TROUBLES_MAX = 2
PROCESSES = ("web-1", "web-2", "worker-1", "worker-2", "beat")
WITH_CHILDREN = PROCESSES[:4]
WEB_POINTS = (
    "credited, not committed",
    "credited, not answered",
    "committed, nobody woken",
    "spent, not answered",
    "held, not answered",
    "hold resolved, not answered",
    "kept the answer, not given",
    "purchase noted, not at Stripe",
    "session opened, not noted",
)
WORKER_POINTS = (
    "read, not committed to Firestore",
    "committed to Firestore, not noted",
    "claimed, not delivered",
    "delivered, not settled",
)
SWEEP_POINTS = ("in the middle of the inbox's sweep", "in the middle of the purchases' sweep")


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, whom or how it strikes, when it begins within its cycle, and how long it lasts."""

    kind: str
    target: str
    at: float
    seconds: float = 0.0


@dataclass(frozen=True)
class Cycle:
    """What happens in one cycle, in order."""

    number: int
    faults: tuple[Fault, ...]


def _any_of(*targets: str) -> Callable[[random.Random], str]:
    return lambda chance: chance.choice(targets)


@dataclass(frozen=True)
class Sort:
    """How often a kind of fault is drawn, at whom, and how long it lasts."""

    weight: int
    target: Callable[[random.Random], str]
    seconds: tuple[float, float] = (0.0, 0.0)


# Each cycle has one of these: they end processes by kill -9.
KILLS = {
    "kill": Sort(5, _any_of(*PROCESSES)),
    "kill-child": Sort(3, _any_of(*WITH_CHILDREN)),
    "kill-web-at-point": Sort(6, _any_of(*WEB_POINTS)),
    "kill-worker-at-point": Sort(4, _any_of(*WORKER_POINTS)),
    "kill-all": Sort(1, _any_of("all")),
    "kill-postgres": Sort(3, _any_of("postgres"), (0.1, 1.0)),
}
# And up to two of these.
TROUBLES: dict[str, Sort] = {
    "kill-in-sweep": Sort(2, _any_of(*SWEEP_POINTS)),  # whenever a sweep comes there
    "connections-cut": Sort(4, _any_of("front", "postgres", "redis", "firestore")),
    "system-gone": Sort(4, _any_of("redis", "firestore"), (0.5, 3.0)),
    "network-mute": Sort(3, _any_of("front", "postgres", "redis", "firestore"), (0.5, 2.0)),
    "network-slow": Sort(3, _any_of("front", "postgres", "redis", "firestore"), (0.5, 2.0)),
    "redis-flushed": Sort(3, _any_of("redis")),
    "firestore-commits": Sort(5, _any_of("slow", "quota", "lost", "unknown")),
    "firestore-wiped": Sort(1, _any_of("firestore")),
    "webhooks-twice": Sort(3, _any_of("each"), (1.0, 3.0)),
    "webhooks-late": Sort(4, _any_of("created", "reversed", "shuffled", "concurrent"), (0.5, 2.5)),
    "webhooks-lost": Sort(3, _any_of("next")),
    "webhooks-resent": Sort(3, _any_of("newest")),
    "webhooks-poison": Sort(2, _any_of("each")),
    "stripe-clock": Sort(2, _any_of("ahead", "behind"), (0.5, 2.0)),
    "stripe-answers": Sort(3, _any_of("errors", "slow", "lost")),
    "deploy": Sort(1, _any_of("all")),
}
SORTS = KILLS | TROUBLES


def plan(seed: int, cycles: int, kinds: Collection[str] = tuple(SORTS)) -> list[Cycle]:
    """Plan a campaign of some kinds of faults, all unless told."""
    return [
        Cycle(number, _faults(random.Random(f"{seed}:{number}"), kinds)) for number in range(1, cycles + 1)
    ]


def _faults(chance: random.Random, kinds: Collection[str]) -> tuple[Fault, ...]:
    kills = {kind: sort for kind, sort in KILLS.items() if kind in kinds}
    troubles = {kind: sort for kind, sort in TROUBLES.items() if kind in kinds}
    drawn = _draw(chance, kills, 1) + _draw(chance, troubles, chance.randint(0, TROUBLES_MAX))
    return tuple(sorted((_fault(chance, kind) for kind in drawn), key=lambda fault: fault.at))


def _draw(chance: random.Random, sorts: dict[str, Sort], count: int) -> list[str]:
    """Draw that many kinds, no kind twice."""
    left = dict(sorts)
    drawn: list[str] = []
    while left and len(drawn) < count:
        kind = chance.choices(list(left), [sort.weight for sort in left.values()])[0]
        drawn.append(kind)
        del left[kind]
    return drawn


def _fault(chance: random.Random, kind: str) -> Fault:
    sort = SORTS[kind]
    at, seconds = chance.uniform(0.0, SECONDS_PER_CYCLE / 2), chance.uniform(*sort.seconds)
    return Fault(kind, sort.target(chance), round(at, 3), round(seconds, 3))
