"""The whole topology on this machine: two web processes behind a balancer, two workers, beat, and all they need.

Between any two stands a proxy that can cut, delay and black-hole. The product may come from another tree than ours:
the judge's own code stays this one's.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import psycopg

from sandbox import places
from sandbox.demo import product
from sandbox.environment import APPLICATION_ROLE, STRIPE_WEBHOOK_SECRET, Addresses, product_environment
from sandbox.firestore.launcher import start_firestore
from sandbox.postgres import DATABASE, SUPERUSER, start_postgres
from sandbox.processes import Child, SandboxError, Server, stop_all
from sandbox.redis import start_redis
from sandbox.stripe.client import SandboxControls
from sandbox.stripe_process import start_stripe
from tests.chaos import limits
from tests.chaos.keeper import Kept, answers
from tests.support.failpoints import Failpoints
from tests.support.firestore_proxy import Commit, FirestoreProxy
from tests.support.killing import kill_family
from tests.support.proxy import TcpProxy

ROOT = product.ROOT
SERVICE = "chaos"
SCOPES = "tokens:read,tokens:spend,tokens:grant"
# What the product asks to be told, beside what it would ignore.
EVENTS = (
    *("checkout.session.completed", "checkout.session.expired", "charge.succeeded", "charge.refunded"),
    *("refund.created", "refund.updated", "refund.failed", "payment_intent.succeeded"),
    *("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
    *("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"),
)


class Installation:
    """Started on entering, and gone on leaving."""

    def __init__(self, *, root: Path = ROOT) -> None:
        """Take the tree whose product runs."""
        self.root = root
        self.directory = Path(tempfile.mkdtemp(prefix="token-economy-chaos-"))
        self.directory.chmod(0o755)  # PostgreSQL may run as a user who has to get in
        self.project = f"demo-{uuid.uuid4().hex[:12]}"
        self.failpoints = Failpoints(self.directory / "failpoints")
        self.wiped: list[list[Commit]] = []  # what each Firestore of before had taken when it was wiped
        self.api_key = ""
        self._reserved: list[socket.socket] = []

    def __enter__(self) -> Self:
        try:
            self._start_systems()
            self._prepare_product()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start_systems(self) -> None:
        self._postgres = self._start_postgres()
        self._recover_quickly()
        self._redis = start_redis(self.directory / "redis", environment={})
        self._firestore = self._start_firestore(0)
        self.redis = TcpProxy(urlsplit(self._redis.url).netloc)
        self.postgres = TcpProxy(f"{_socket_of(self._postgres.url)}/{places.SOCKET_NAME}")
        self.firestore_calls = FirestoreProxy(self._firestore.url)
        self.firestore = TcpProxy(self.firestore_calls.address)
        self.ports = [self._reserve_port(), self._reserve_port()]
        self.front = TcpProxy(*(f"127.0.0.1:{port}" for port in self.ports))
        retries = ",".join(map(str, limits.STRIPE_RETRY_SECONDS))
        arguments = (
            *("--retry-seconds", retries, "--endpoint", f"{self.url}/api/stripe/webhook"),
            *("--endpoint-secret", STRIPE_WEBHOOK_SECRET, "--endpoint-events", ",".join(EVENTS)),
        )
        server = start_stripe(self.directory / "stripe", arguments=arguments, environment={})
        self.stripe = SandboxControls(server.url)

    def _reserve_port(self) -> int:
        """Keep a port for processes that come and go: bound and not listened at, nobody else is given it."""
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        self._reserved.append(reserved)
        return int(reserved.getsockname()[1])

    def _start_postgres(self) -> Server:
        return start_postgres(self.directory / "postgres", durable=True, environment={})

    def _start_firestore(self, port: int) -> Server:
        return start_firestore(self.directory, port=port, stand_in=True, environment={})

    def _prepare_product(self) -> None:
        """Tables, rights, packages, and the key of a service; then say how each process is started."""
        self._set("fsync", "off")
        product.prepare_database(self.environment, self.directory / "logs", root=self.root)
        self._set("fsync", "on")
        self.api_key = self.manage("create_api_key", SERVICE, "--scopes", SCOPES).splitlines()[0]
        webs = [
            self._kept(f"web-{number}", partial(product.start_web, port), port=port)
            for number, port in enumerate(self.ports, start=1)
        ]
        workers = [self._kept(f"worker-{number}", product.start_worker, sign=" ready.") for number in (1, 2)]
        self.processes = [*webs, *workers, self._kept("beat", product.start_beat, sign="beat: Starting")]

    def _kept(self, name: str, start: Callable[..., Child], *, port: int = 0, sign: str = "") -> Kept:
        logs = self.directory / "logs" / name
        return Kept(
            name, partial(start, self.environment, logs, root=self.root), port=port, sign_of_life=sign
        )

    @property
    def url(self) -> str:
        """Where customers, services and Stripe reach the product."""
        return f"http://{self.front.address}"

    @property
    def owners_url(self) -> str:
        """The database as its owner reaches it, past the proxy."""
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        """Redis, past its proxy."""
        return self._redis.url

    @property
    def firestore_address(self) -> str:
        """Firestore as nobody but the judge reaches it, past the proxies."""
        return self._firestore.url

    @property
    def environment(self) -> Mapping[str, str]:
        """The whole environment of the product's processes."""
        database = f"postgresql://{APPLICATION_ROLE}@{self.postgres.address}/{DATABASE}"
        addresses = Addresses(
            database, f"redis://{self.redis.address}/0", self.firestore.address, self.stripe.base_url
        )
        return {
            **os.environ,
            **product_environment(addresses, site_url=self.url, project=self.project),
            **self.failpoints.environment,
            "MIGRATION_DATABASE_URL": f"postgresql://{SUPERUSER}@{self.postgres.address}/{DATABASE}",
            "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9",  # its tokens are unsigned; nobody asks it anything
        }

    def manage(self, *arguments: str, seconds_max: float = limits.COMMAND_SECONDS_MAX) -> str:
        """Run a command of the product's; give what it says.

        :raises SandboxError: when it fails
        """
        environment = {name: value for name, value in self.environment.items() if name != "FAILPOINTS"}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
            timeout=seconds_max,
        )
        if done.returncode:
            raise SandboxError(f"manage.py {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def sql(self, statement: str) -> None:
        """Have the database's owner do something."""
        with psycopg.connect(self.owners_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def is_serving(self) -> bool:
        """Whether both web processes answer that they are ready."""
        return all(answers(port) for port in self.ports)

    def kill_postgres(self) -> None:
        """End PostgreSQL with all its processes, at once."""
        assert self._postgres.child is not None
        kill_family(self._postgres.child)

    def revive_postgres(self) -> None:
        """Start it on the data it has; it first recovers what it had promised."""
        self._postgres = self._start_postgres()

    def wipe_firestore(self) -> None:
        """Have Firestore begin anew, at its address, with no documents."""
        self._firestore.stop()
        while not self.firestore_calls.is_quiet:  # a commit of before is not one of after
            time.sleep(limits.POLL_SECONDS)
        self.wiped.append(list(self.firestore_calls.commits))
        self.firestore_calls.commits.clear()
        self._firestore = self._start_firestore(int(self._firestore.url.rpartition(":")[2]))

    def calm(self) -> None:
        """Undo every trouble that may still be there."""
        for proxy in (self.front, self.redis, self.postgres, self.firestore):
            proxy.stop()
            proxy.start()
        self.firestore_calls.forget_plans()
        self.stripe.stop_failing()
        self.stripe.deliver_each(1)
        self.stripe.release("*", order="concurrent")

    def _recover_quickly(self) -> None:
        """Have a start after a kill sync the file system once, not file by file, where the system can."""
        name = "recovery_init_sync_method"
        with psycopg.connect(self.owners_url) as connection:
            found = connection.execute(
                "SELECT 'syncfs' = ANY(enumvals) FROM pg_settings WHERE name = %s", [name]
            ).fetchone()
        if found and found[0]:
            self._set(name, "syncfs")

    def _set(self, name: str, value: str) -> None:
        self.sql(f"ALTER SYSTEM SET {name} = {value}")
        self.sql("SELECT pg_reload_conf()")

    def _stop(self) -> None:
        for name in ("front", "redis", "firestore", "firestore_calls", "postgres"):
            if proxy := vars(self).get(name):
                proxy.stop()
        stop_all(first=product.NAMES)
        for reserved in self._reserved:
            reserved.close()
        places.remove(self.directory / "postgres")
        shutil.rmtree(self.directory, ignore_errors=True)


def _socket_of(url: str) -> str:
    """The directory of a server's unix socket, from its address."""
    return parse_qs(urlsplit(url).query)["host"][0]
