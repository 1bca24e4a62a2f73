"""The tests' database: the product works in it as the role it has in production, and tests leave it empty.

The application's role may SELECT the ledger's tables and EXECUTE the functions that write them. Tests that go round
the product, and the clearing between tests, act as the tables' owner: see `as_owner`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

ROLES = Path(__file__).resolve().parents[2] / "deploy" / "database_roles.sql"
# What migrations put there, and every test finds.
KEPT = frozenset({"django_migrations", "django_content_type", "auth_permission"})
ONLY_CUSTOMERS_ROWS = {"tokens_account": "owner_id IS NOT NULL"}


def application_role() -> str:
    """Roles belong to the whole cluster, so each of xdist's workers has its own."""
    return f"tokens_app_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def install_application_role() -> None:
    """Make the role, give it its rights with the deployment's own file, and have every connection assume it."""
    role = application_role()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE ROLE "{role}" NOLOGIN')
        cursor.execute("SELECT set_config('token_economy.application_role', %s, false)", (role,))
        cursor.execute(ROLES.read_text())
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
    connection.settings_dict.setdefault("OPTIONS", {})["assume_role"] = role


def leave_application_role() -> None:
    """Be the owner again, who alone may drop the database."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
    del connection.settings_dict["OPTIONS"]["assume_role"]


@contextmanager
def as_owner() -> Iterator[None]:
    """Act as the tables' owner, and superuser, on this connection: to go round the product, never within it."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f'SET ROLE "{application_role()}"')


@contextmanager
def without_guards() -> Iterator[CursorWrapper]:
    """Give this superuser's session with every trigger and foreign key off, and only here."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


def tamper(statement: str) -> None:
    """Write behind every guard's back, as only a superuser could."""
    with without_guards() as cursor:
        cursor.execute(statement)


def somebody_waits_for_a_lock() -> bool:
    """Tell whether a connection to this database waits for another's; other tests' databases are on the same server."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
                           WHERE NOT granted AND datname = current_database())
            """
        )
        (waits,) = cursor.fetchone()
    return bool(waits)


def empty_tables() -> None:
    """Remove what a test wrote."""
    tables = [name for name in connection.introspection.table_names() if name not in KEPT]
    probes = [
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\" WHERE {ONLY_CUSTOMERS_ROWS.get(name, 'true')})"
        for name in tables
    ]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(probes))
        written = [name for (name,) in cursor.fetchall()]
    with without_guards() as cursor:
        for name in written:
            cursor.execute(f'DELETE FROM "{name}" WHERE {ONLY_CUSTOMERS_ROWS.get(name, "true")}')


def clear_by_deleting() -> None:
    """Have Django's transactional tests clear the tables this way: its own TRUNCATE is what the guards refuse."""
    TransactionTestCase._fixture_teardown = lambda self: empty_tables()  # type: ignore[attr-defined]  # Django's hook
