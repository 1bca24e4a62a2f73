"""Faults that end no process: what happens to the systems around the product, and between them."""

import contextlib
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import grpc
import psycopg
import redis

from sandbox.processes import SandboxError
from tests.chaos import limits
from tests.chaos.installation import Installation
from tests.chaos.keeper import Keeper
from tests.chaos.people import People
from tests.chaos.plan import Fault
from tests.support.firestore_proxy import Fault as CallFault
from tests.support.proxy import TcpProxy

CLOCK_SECONDS = 600
DEPLOYED = (("web-1", "worker-1", "beat"), ("web-2", "worker-2"))  # one half after the other
POISONS: Mapping[str, dict[str, object]] = {
    "checkout.session.completed": {
        "object": "checkout.session",
        "payment_status": "paid",
        "metadata": "none",
    },
    "refund.updated": {"object": "refund", "amount": "all of it", "payment_intent": {"id": 5}},
    "charge.dispute.created": {"object": "dispute", "balance_transactions": {"data": 7}, "charge": []},
}
# As deployments do: what old processes do not know must not disturb them, and nobody waits long for a lock.
MIGRATION = (
    "ALTER TABLE payments_purchase ADD COLUMN IF NOT EXISTS chaos_{0} integer NOT NULL DEFAULT 0",
    "ALTER TABLE payments_purchase ADD CONSTRAINT chaos_{0}_positive CHECK (chaos_{0} >= 0) NOT VALID",
    "ALTER TABLE payments_purchase VALIDATE CONSTRAINT chaos_{0}_positive",
)


@dataclass
class Scene:
    """What can be troubled."""

    installation: Installation
    keeper: Keeper
    people: People
    deployments: int = field(default=0, init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def proxy(self, name: str) -> TcpProxy:
        """A proxy by its name."""
        found = getattr(self.installation, name)
        assert isinstance(found, TcpProxy)
        return found


Trouble = Callable[[Scene, Fault], None]


def cut(scene: Scene, fault: Fault) -> None:
    """Connections are reset, and can be made again."""
    scene.proxy(fault.target).cut()


def be_gone(scene: Scene, fault: Fault) -> None:
    """Connections are reset, and refused for a while."""
    scene.proxy(fault.target).stop()
    time.sleep(fault.seconds)
    scene.proxy(fault.target).start()


def be_mute(scene: Scene, fault: Fault) -> None:
    """What is sent arrives, and no answer comes; then the connections are reset."""
    scene.proxy(fault.target).mute()
    time.sleep(fault.seconds)
    scene.proxy(fault.target).stop()
    scene.proxy(fault.target).start()


def be_slow(scene: Scene, fault: Fault) -> None:
    """All that passes is late."""
    scene.proxy(fault.target).be_slow(limits.SLOW_SECONDS)
    time.sleep(fault.seconds)
    scene.proxy(fault.target).be_slow(0.0)


def flush_redis(scene: Scene, _fault: Fault) -> None:
    """Counters, caches and queued messages are gone."""
    with redis.Redis.from_url(scene.installation.redis_url) as client:
        client.flushall()


def trouble_commits(scene: Scene, fault: Fault) -> None:
    """Firestore's next commits are slow, refused, or taken without an answer."""
    kinds: dict[str, CallFault] = {
        "slow": CallFault(before=lambda: time.sleep(limits.COMMIT_SLOW_SECONDS)),
        "quota": CallFault(refuse=grpc.StatusCode.RESOURCE_EXHAUSTED),
        "lost": CallFault(lose=grpc.StatusCode.UNAVAILABLE),
        "unknown": CallFault(lose=grpc.StatusCode.UNKNOWN),
    }
    scene.installation.firestore_calls.plan("Commit", *[kinds[fault.target]] * limits.COMMITS_TROUBLED)


def wipe_firestore(scene: Scene, _fault: Fault) -> None:
    """All documents are gone; an operator does what the runbook says."""
    scene.installation.wipe_firestore()
    seconds_max = limits.REBUILD_SECONDS_MAX
    persist(
        lambda: scene.installation.manage("rebuild_mirror", seconds_max=seconds_max), seconds_max=seconds_max
    )


def tell_each_twice(scene: Scene, fault: Fault) -> None:
    """Stripe tells each event twice."""
    scene.installation.stripe.deliver_each(2)
    time.sleep(fault.seconds)
    scene.installation.stripe.deliver_each(1)


def tell_late(scene: Scene, fault: Fault) -> None:
    """Stripe tells nothing for a while, and then all: in order, in another order, or at once and threefold."""
    stripe = scene.installation.stripe
    if fault.target == "concurrent":
        stripe.deliver_each(3)
    stripe.hold("*")
    time.sleep(fault.seconds)
    stripe.deliver_each(1)
    if fault.target == "concurrent":
        stripe.release("*", order="concurrent")
    elif fault.target == "reversed":
        stripe.release("*", order="reversed")
    elif fault.target == "shuffled":
        stripe.release("*", order="shuffled", seed=round(fault.seconds * 1000))
    else:
        stripe.release("*")


def lose_webhooks(scene: Scene, _fault: Fault) -> None:
    """The next events are never told."""
    scene.installation.stripe.drop_next(count=limits.EVENTS_LOST)


def resend_webhooks(scene: Scene, _fault: Fault) -> None:
    """What was told is told again, in events with new ids."""
    stripe = scene.installation.stripe
    for session in scene.people.sessions_paid(limits.EVENTS_RESENT):
        for event in stripe.events(about=session):
            stripe.resend(event["id"])


def poison(scene: Scene, _fault: Fault) -> None:
    """Events that nobody can read, correctly signed."""
    for event_type, about in POISONS.items():
        scene.installation.stripe.emit(event_type, {"id": f"poison_{uuid.uuid4().hex}", **about})


def move_clock(scene: Scene, fault: Fault) -> None:
    """Stripe's clock is ahead or behind for a while."""
    stripe = scene.installation.stripe
    seconds = CLOCK_SECONDS if fault.target == "ahead" else -CLOCK_SECONDS
    for movement in (seconds, -seconds):
        stripe.advance_clock(movement)
        stripe.retry_now()  # no delivery waits for the clock to come back
        time.sleep(fault.seconds)


def trouble_stripe(scene: Scene, fault: Fault) -> None:
    """Stripe's next answers are errors, late, or lost after the work was done."""
    stripe = scene.installation.stripe
    if fault.target == "errors":
        stripe.fail_next(limits.ANSWERS_TROUBLED, path="/v1/*")
    elif fault.target == "slow":
        stripe.fail_next(limits.ANSWERS_TROUBLED, kind="delay", seconds=1.0, path="/v1/*")
    else:
        stripe.fail_next(limits.ANSWERS_TROUBLED, kind="reset_after", path="/v1/*")


def deploy(scene: Scene, _fault: Fault) -> None:
    """The tables change under load, and then every process is asked to stop, and started again."""
    with scene.lock:
        scene.deployments += 1
        number = scene.deployments
    for statement in MIGRATION:
        persist(lambda statement=statement: _migrate(scene, statement.format(number)))  # type: ignore[misc]
    persist(lambda: scene.installation.manage("migrate", "--verbosity", "0"))
    for names in DEPLOYED:
        processes = [scene.keeper.processes[name] for name in names]
        for process in processes:
            process.ask_to_stop("deploy")
        for process in processes:
            scene.keeper.wait_for(process)


def _migrate(scene: Scene, statement: str) -> None:
    """Do it if the lock is had soon, and give way to the load otherwise; what is there already is done."""
    with psycopg.connect(scene.installation.owners_url, autocommit=True) as connection:
        connection.execute(f"SET lock_timeout = {limits.MIGRATION_LOCK_MILLISECONDS}".encode())
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            connection.execute(statement.encode())


def persist(work: Callable[[], object], *, seconds_max: float = limits.READY_SECONDS_MAX) -> None:
    """Do what an operator does, again and again while something else is broken, too."""
    deadline = time.monotonic() + seconds_max
    while True:
        try:
            work()
        except (SandboxError, psycopg.OperationalError, subprocess.TimeoutExpired):
            if time.monotonic() > deadline:
                raise
            time.sleep(limits.RETRY_SECONDS)
        else:
            return


TROUBLES: Mapping[str, Trouble] = {
    "connections-cut": cut,
    "system-gone": be_gone,
    "network-mute": be_mute,
    "network-slow": be_slow,
    "redis-flushed": flush_redis,
    "firestore-commits": trouble_commits,
    "firestore-wiped": wipe_firestore,
    "webhooks-twice": tell_each_twice,
    "webhooks-late": tell_late,
    "webhooks-lost": lose_webhooks,
    "webhooks-resent": resend_webhooks,
    "webhooks-poison": poison,
    "stripe-clock": move_clock,
    "stripe-answers": trouble_stripe,
    "deploy": deploy,
}
