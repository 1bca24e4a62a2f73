"""The whole product as processes: web, worker and beat as in production, beside the test's own process.

Each system that it needs can be taken away and brought back, each process killed and started again:

    with Product(directory) as product:
        product.start()
        product.redis.stop(); product.redis.start()          # gone, back
        product.firestore.mute(); product.firestore.stop()   # takes requests and never answers
        product.worker.kill(); product.worker.start()        # SIGKILL for it and all its children

It works on the tests' database, which has to be one that commits, under the application's role; Redis is its
own, and so is its project in Firestore.
"""

import os
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.celery import app
from mirror.kinds import DELIVER_TASK
from sandbox.demo import product as processes
from sandbox.environment import Addresses, product_environment
from sandbox.processes import Child, free_port, wait_until_ready
from sandbox.redis import start_redis
from tests.support.database import application_role, as_owner
from tests.support.firestore_proxy import FirestoreProxy
from tests.support.proxy import TcpProxy

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 30.0
POLL_SECONDS = 0.02
Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], *, what: str, seconds_max: float = SECONDS_MAX) -> Found:
    """Look again and again until something is there; give it.

    :raises AssertionError: when there is nothing in time
    """
    deadline = time.monotonic() + seconds_max
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds_max:.0f} s: {what}"
        time.sleep(POLL_SECONDS)
    return found


@dataclass
class Part:
    """One process of the product, with the processes that it starts itself."""

    name: str
    spawn: Callable[[], Child]
    sign_of_life: str
    child: Child | None = field(default=None, init=False)
    starts: int = field(default=0, init=False)

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self.child is not None and self.child.is_running()

    def start(self) -> None:
        """Start it; `wait` says when it works."""
        assert not self.is_running, f"{self.name} runs already"
        self.child = self.spawn()
        self.starts += 1

    def wait(self) -> None:
        """Wait until it works."""
        assert self.child is not None, f"{self.name} was not started"
        wait_until_ready(self.child, lambda: self.sign_of_life in self.output())

    def kill(self) -> None:
        """End it and its children as a lost machine would: at once, without a word."""
        if self.child is not None and self.is_running:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.process.wait(SECONDS_MAX)

    def output(self) -> str:
        """What it has written since it was started last."""
        return self.child.output() if self.child else ""


class Product:
    """Web, worker and beat. Its parts are not started by themselves: `start` some, or all."""

    def __init__(self, directory: Path, *, environment: Mapping[str, str] | None = None) -> None:
        """Make ready what the product needs.

        :param environment: variables beside those of the sandbox
        """
        self.directory = directory
        self.project = f"demo-{uuid.uuid4().hex[:12]}"
        self._redis_server = start_redis(directory / "redis", environment={})
        self.redis = TcpProxy(urlsplit(self._redis_server.url).netloc)
        self.redis_url = f"redis://{self.redis.address}/0"
        self.firestore_calls = FirestoreProxy(settings.FIRESTORE_EMULATOR_HOST)
        self.firestore = TcpProxy(self.firestore_calls.address)
        self._port = free_port()
        self.front = TcpProxy(f"127.0.0.1:{self._port}")
        self.url = f"http://{self.front.address}"
        self._connections_name = f"product {self.project}"
        self.environment = {**os.environ, **self._environment(), **(environment or {})}
        place = (self.environment, directory / "logs")
        self.web = Part("web", partial(processes.start_web, self._port, *place), "Booting worker")
        self.worker = Part("worker", partial(processes.start_worker, *place), processes.WORKER_READY)
        self.beat = Part("beat", partial(processes.start_beat, *place), "beat: Starting")
        self.parts = (self.web, self.worker, self.beat)

    @property
    def webhook_url(self) -> str:
        """Where Stripe delivers to."""
        return f"{self.url}/api/stripe/webhook"

    def start(self, *parts: Part) -> None:
        """Start these parts, all if none is named, and wait until they work."""
        for part in parts or self.parts:
            part.start()
        for part in parts or self.parts:
            self.wait(part)

    def wait(self, part: Part) -> None:
        """Wait until a part that was started works."""
        if part is self.web:
            assert part.child is not None
            processes.wait_for_site(part.child, self._port)
        else:
            part.wait()

    def wake(self, task_name: str = DELIVER_TASK) -> None:
        """Have the worker do a task now; those that this process wakes after a commit are not the product's."""
        with app.connection_for_write(url=self.redis_url) as broker:
            app.send_task(task_name, connection=broker)

    def bring_back(self) -> None:
        """Undo every outage: systems answer again, and dead parts are started."""
        for proxy in (self.redis, self.firestore, self.front):
            proxy.stop()
            proxy.start()
        self.firestore_calls.forget_plans()
        dead = [part for part in self.parts if part.starts and not part.is_running]
        if dead:
            self.start(*dead)

    def stop(self) -> None:
        """End everything, and wait until the database has noticed."""
        for part in self.parts:
            part.kill()
        for proxy in (self.front, self.redis, self.firestore):
            proxy.stop()
        self.firestore_calls.stop()
        self._redis_server.stop()
        wait_for(self.has_left_database, what="the database has let the product go")

    def has_left_database(self) -> bool:
        """Tell whether no process of the product is connected to the database: what it had begun is gone."""
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [self._connections_name]
            )
            (connections,) = cursor.fetchone()
        return bool(connections == 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _environment(self) -> dict[str, str]:
        addresses = Addresses(
            self._database_url(), self.redis_url, self.firestore.address, settings.STRIPE_API_BASE
        )
        return product_environment(addresses, site_url=self.url, project=self.project)

    def _database_url(self) -> str:
        """The tests' database, as the role that the product signs in as in production.

        Not by Django's option `assume_role`: with a pool of connections it waits for itself.
        """
        parts = urlsplit(os.environ["DATABASE_URL"])
        role, password = application_role(), parts.password or "unused"
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f'ALTER ROLE "{role}" LOGIN PASSWORD %s', [password])
        host = parts.netloc.rpartition("@")[2]
        query = "&".join(filter(None, (parts.query, urlencode({"application_name": self._connections_name}))))
        address = parts._replace(
            netloc=f"{role}:{quote(password)}@{host}",
            path=f"/{connection.settings_dict['NAME']}",
            query=query,
        )
        return urlunsplit(address)
