"""A web process gets over a restart of its database at once, however many connections it had."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.utils import ConnectionHandler
from psycopg_pool import ConnectionPool

from config import limits
from config.postgresql.base import DatabaseWrapper
from tests.support.database import as_owner
from tests.support.product import wait_for

ALIAS = "pooled"
CONNECTIONS = 8


@pytest.fixture
def wrappers(transactional_db: None) -> Iterator[list[DatabaseWrapper]]:
    """Django's connections of eight threads of a web process, which have all been used and are in the pool again."""
    wrappers = [made(pool=limits.DATABASE_POOL) for _ in range(CONNECTIONS)]
    try:
        for wrapper in wrappers:
            assert one(wrapper) == 1
        for wrapper in wrappers:
            wrapper.close()
        yield wrappers
    finally:
        for wrapper in wrappers:
            wrapper.close()
        wrappers[0].close_pool()


def made(**options: Any) -> DatabaseWrapper:
    options = {**connection.settings_dict["OPTIONS"], **options}
    del options["assume_role"]  # with a pool it waits for itself
    database = {**connection.settings_dict, "ENGINE": "config.postgresql", "OPTIONS": options}
    wrapper = ConnectionHandler({"default": database, ALIAS: database}).create_connection(ALIAS)
    assert isinstance(wrapper, DatabaseWrapper)
    return wrapper


def one(wrapper: DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")
        (number,) = cursor.fetchone()
    return int(number)


def end_all_others() -> None:
    """End every session in this database but our own, as the end of the server does."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """
        )


def test_the_first_query_after_a_restart_is_answered_and_finds_no_dead_connection(
    wrappers: list[DatabaseWrapper],
) -> None:
    end_all_others()

    assert one(wrappers[0]) == 1

    pool = wrappers[0].pool
    wait_for(lambda: pool.get_stats()["pool_available"] >= CONNECTIONS - 1, what="the others are replaced")
    assert [one(wrapper) for wrapper in wrappers] == [1] * CONNECTIONS
    assert pool.get_stats()["connections_lost"] == CONNECTIONS - 1, (
        "one was handed out, and the rest looked through"
    )


def test_one_that_died_in_other_hands_and_is_given_back_meanwhile_is_not_taken(
    wrappers: list[DatabaseWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, ours = wrappers[:2]
    assert one(other) == 1
    end_all_others()
    pool = other.pool
    looks: list[dict[str, int]] = []

    def look_through() -> None:
        looks.append(pool.get_stats())
        ConnectionPool.check(pool)
        other.close()  # it has not noticed, and the pool takes it back

    monkeypatch.setattr(pool, "check", look_through)

    assert one(ours) == 1
    assert len(looks) >= 1


def test_a_connection_that_works_is_used_again(wrappers: list[DatabaseWrapper]) -> None:
    assert [one(wrapper) for wrapper in wrappers] == [1] * CONNECTIONS
    assert wrappers[0].pool.get_stats()["connections_num"] == CONNECTIONS


def test_without_a_pool_it_is_djangos(transactional_db: None) -> None:
    wrapper = made()
    assert one(wrapper) == 1
    wrapper.close()
