"""A PostgreSQL of a test's own that keeps what it said yes to, and can be killed: the tests' shared one does neither.

with DurableDatabase(directory) as database:   # this process works on it from now on
    database.kill(); database.start()
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import environ
from django.db import connection

from sandbox import places
from sandbox.postgres import start_postgres
from sandbox.processes import Server
from tests.support.database import install_application_role
from tests.support.killing import kill_family
from tests.support.migrated import copy_template

PLACE = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


class DurableDatabase:
    """The server, with the product's tables in it, and the application's role."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._shared: dict[str, Any] = {}
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where the owner of the tables signs in."""
        assert self._server is not None
        return self._server.url

    def start(self) -> None:
        """Start it on the data it has; it first recovers what it had promised."""
        self._server = start_postgres(self._directory, durable=True, environment={})
        _forget_connections()

    def kill(self) -> None:
        """End the server with all its processes, at once, whatever they were doing."""
        assert self._server is not None
        assert self._server.child is not None
        kill_family(self._server.child)

    def __enter__(self) -> Self:
        self.start()
        self._shared = {name: connection.settings_dict[name] for name in PLACE}
        place = environ.Env.db_url_config(self.url)
        options = {**self._shared["OPTIONS"], **place.get("OPTIONS", {})}
        del options["assume_role"]
        connection.settings_dict.update({name: place.get(name, "") for name in PLACE} | {"OPTIONS": options})
        self._set("fsync", "off")
        copy_template(self.url, self._directory.with_suffix(".sql"))
        self._set("fsync", "on")
        self._recover_quickly()
        install_application_role()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _forget_connections()
        connection.settings_dict.update(self._shared)
        if self._server is not None:
            self._server.stop()
        places.remove(self._directory)

    def _set(self, name: str, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
            cursor.execute("SELECT pg_reload_conf()")

    def _recover_quickly(self) -> None:
        """Have a start after a kill sync the file system once, not file by file, where the system can."""
        name = "recovery_init_sync_method"
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'syncfs' = ANY(enumvals) FROM pg_settings WHERE name = %s", [name])
            found = cursor.fetchone()
        if found and found[0]:
            self._set(name, "syncfs")


def _forget_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
