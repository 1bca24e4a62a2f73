"""The tests' database is migrated once and copied: by each worker of a run, and by the runs after it.

The first worker that needs a database migrates a template, and PostgreSQL copies it for everybody. A dump of it stays
in pytest's cache, named by a hash of all that migrations are made of, so that a developer's next run only loads it.
Where CI is set no dump is read or kept: there all migrations run, each time.
"""

import hashlib
import os
import subprocess
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sandbox.binaries import find_postgres

ROOT = Path(__file__).resolve().parents[2]
# Installed apps and their versions are in the hash as well: they bring migrations of their own.
READ_BY_MIGRATIONS = (
    "*/migrations/**/*",
    "sandbox/djstripe_migrations/*",
    "config/settings.py",
    "requirements-dev.txt",
)
PREFIX = "migrated_"
LOCK = 0x6D696772  # "migr": one worker makes the template, the others wait for it
LOAD_SECONDS_MAX = 60


def make_template(cache: Path) -> str:
    """Give the name of a migrated database to copy, and make it if there is none.

    :param cache: the directory in which dumps stay from run to run
    """
    key = _hash_of_all_that_migrations_are_made_of()
    name = f"{PREFIX}{key}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if name not in _templates(server):
            for stale in _templates(server):
                server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(stale)))
            unfinished = f"{name}_unfinished"
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            _fill(unfinished, None if os.environ.get("CI") else cache / f"{key}.sql")
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
    return name


def copy_template(url: str, dump: Path) -> None:
    """Fill an empty database of another server as the tests' own are filled.

    :param dump: a file to be written, that carries it over
    """
    _run("pg_dump", f"--file={dump}", _address_of(connection.settings_dict["TEST"]["TEMPLATE"]))
    _load(dump, url)


def _hash_of_all_that_migrations_are_made_of() -> str:
    hashed = hashlib.sha256()
    for path in sorted({path for pattern in READ_BY_MIGRATIONS for path in ROOT.glob(pattern)}):
        if path.is_file() and path.suffix != ".pyc":
            hashed.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return hashed.hexdigest()[:20]


def _templates(server: psycopg.Connection[tuple[str]]) -> list[str]:
    rows = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
    return [name for (name,) in rows]


def _fill(database: str, dump: Path | None) -> None:
    """Load the dump if there is one; else migrate, and keep a dump if one is wanted."""
    address = _address_of(database)
    if dump and dump.exists():
        _load(dump, address)
        return
    _migrate(database)
    if dump:
        for old in dump.parent.glob("*.sql"):
            old.unlink(missing_ok=True)
        unfinished = dump.with_suffix(f".{os.getpid()}")
        _run("pg_dump", f"--file={unfinished}", address)
        unfinished.replace(dump)


def _load(dump: Path, address: str) -> None:
    _run("psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={dump}", address)


def _address_of(database: str) -> str:
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        return make_conninfo(os.environ["DATABASE_URL"], dbname=database, user=server.info.user)


def _run(program: str, *arguments: str) -> None:
    command = [str(find_postgres().directory / program), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LOAD_SECONDS_MAX)


def _migrate(database: str) -> None:
    name, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], database
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
        connection.settings_dict["NAME"] = name
