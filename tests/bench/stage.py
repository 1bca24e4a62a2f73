"""What the measurements run on: PostgreSQL that keeps its promises, Redis, Firestore, Stripe's stand-in.

A system at an address in the environment is used as it is. The databases are the bench's own in any case, one for
each bench, and dropped at its end.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

import django
import psycopg
from psycopg import sql

from sandbox import places
from sandbox.demo import product as processes
from sandbox.environment import APPLICATION_ROLE, Addresses, product_environment
from sandbox.firestore.launcher import start_firestore
from sandbox.postgres import start_postgres
from sandbox.processes import Server, free_port, stop_all
from sandbox.redis import start_redis
from sandbox.stripe_process import start_stripe

NAME_PREFIX = "token_economy_bench_"
PASSWORD = "bench"  # taken where the server's own address has none: that server asks for none


@dataclass(frozen=True)
class Place:
    """One bench's database, and the environment of the processes that work on it."""

    variables: dict[str, str]
    owners_url: str
    logs: Path
    port: int
    # A database of its own for processes that the bench starts.
    another: Callable[[], AbstractContextManager["Place"]]

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a process of the product."""
        return {**os.environ, **self.variables}

    @property
    def site_url(self) -> str:
        """Where the product answers, if the bench starts it."""
        return f"http://127.0.0.1:{self.port}"


class Stage:
    """All systems, and a prepared database from which each bench gets a copy."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="token-economy-bench-"))
        self.directory.chmod(0o755)  # PostgreSQL may run as a user who has to get in
        self._prepared = f"{NAME_PREFIX}{uuid.uuid4().hex[:12]}"
        self._servers: tuple[Server, ...] = ()
        self._count = 0

    @property
    def sources(self) -> str:
        """What the systems are."""
        return ", ".join(server.source for server in self._servers)

    def __enter__(self) -> Self:
        self._servers = self._start_servers()
        self._create(self._prepared)
        place = self._place(self._prepared)
        processes.prepare_database(place.environment, self.directory / "logs")
        password = urlsplit(self._server_url).password or PASSWORD
        self._as_owner(
            sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(APPLICATION_ROLE), sql.Literal(password)
            )
        )
        os.environ.update(place.variables | {"LOG_LEVEL": "ERROR"})  # this process prints figures
        django.setup()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop(self._prepared)
        stop_all(first=processes.NAMES)
        places.remove(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def place(self) -> Generator[Place]:
        """Give a bench its database; this process and those it starts work there."""
        with self._another() as place:
            _work_on(urlsplit(place.owners_url).path.strip("/"), place.variables["GOOGLE_CLOUD_PROJECT"])
            os.environ.update(place.variables | {"LOG_LEVEL": "ERROR"})
            try:
                yield place
            finally:
                _work_on(self._prepared)

    @contextmanager
    def _another(self) -> Generator[Place]:
        self._count += 1
        name = f"{self._prepared}_{self._count}"
        self._create(name, template=self._prepared)
        try:
            yield self._place(name)
        finally:
            self._drop(name)

    @property
    def _server_url(self) -> str:
        return self._servers[0].url

    def _start_servers(self) -> tuple[Server, ...]:
        starts: list[Callable[[], Server]] = [
            lambda: start_postgres(self.directory / "postgres", durable=True),
            lambda: start_redis(self.directory / "redis"),
            lambda: start_firestore(self.directory),
            lambda: start_stripe(self.directory / "stripe"),
        ]
        with ThreadPoolExecutor(len(starts)) as pool:
            return tuple(pool.map(lambda start: start(), starts))

    def _place(self, name: str) -> Place:
        port = free_port()
        owners = urlunsplit(urlsplit(self._server_url)._replace(path=f"/{name}"))
        parts = urlsplit(owners)
        host = parts.netloc.rpartition("@")[2]
        sign_in = f"{APPLICATION_ROLE}:{quote(parts.password or PASSWORD)}"
        application = urlunsplit(parts._replace(netloc=f"{sign_in}@{host}"))
        addresses = Addresses(application, *(server.url for server in self._servers[1:]))
        environment = product_environment(
            addresses, site_url=f"http://localhost:{port}", project=f"demo-{uuid.uuid4().hex[:12]}"
        )
        environment |= {"MIGRATION_DATABASE_URL": owners, "LOG_LEVEL": "INFO"}
        return Place(environment, owners, self.directory / "logs", port, self._another)

    def _create(self, name: str, *, template: str = "template1") -> None:
        self._as_owner(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )

    def _drop(self, name: str) -> None:
        self._as_owner(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _as_owner(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement)


def _work_on(database: str, firestore_project: str = "") -> None:
    """Have this process work on another database from now on, and with another project of Firestore's."""
    from django.conf import settings  # noqa: PLC0415 - the servers' addresses are in them
    from django.db import connections  # noqa: PLC0415 - needs the settings

    settings.GOOGLE_CLOUD_PROJECT = firestore_project

    connections.close_all()
    connections["default"].settings_dict["NAME"] = database
    connections.settings["default"]["NAME"] = database
