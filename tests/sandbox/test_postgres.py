"""PostgreSQL starts from wherever it is found, keeps its data, and comes back after any death."""

import os
import shutil
import stat
import sys
from pathlib import Path

import psycopg
import pytest

from sandbox import binaries, places
from sandbox.postgres import start_postgres
from sandbox.processes import SandboxError


def run(server, statement):
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def setting(server, name):
    return run(server, f"SHOW {name}")[0][0]


def start(directory, **options):
    return start_postgres(directory / "postgres", environment={}, **{"durable": False, **options})


def test_an_address_in_the_environment_is_used_as_it_is(directory):
    server = start_postgres(directory, durable=True, environment={"DATABASE_URL": "postgresql://there/db"})
    assert server.url == "postgresql://there/db"
    assert server.child is None
    server.stop()


def test_data_outlives_a_kill_and_stale_locks_are_no_obstacle(directory):
    server = start(directory, durable=True)
    run(server, "CREATE TABLE kept AS SELECT 1 AS n")
    server.child.process.kill()  # not waited for: its backends may still be there, and its pid
    server = start(directory, durable=True)
    assert run(server, "SELECT n FROM kept") == [(1,)]
    server.stop()


def test_a_lock_whose_pid_now_belongs_to_another_program_is_no_obstacle(directory):
    server = start(directory)
    server.stop()
    pid_file = directory / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{directory}\n")
    (directory / "postgres" / "socket" / f"{places.SOCKET_NAME}.lock").write_text(f"{os.getpid()}\n")
    server = start(directory)
    assert run(server, "SELECT 1") == [(1,)]
    server.stop()


def test_a_server_left_behind_is_ended_before_the_next(directory):
    left = start(directory)
    server = start(directory)
    assert not left.child.is_running()
    assert run(server, "SELECT 1") == [(1,)]
    server.stop()


def test_an_interrupted_first_start_is_begun_again(directory):
    unfinished = directory / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("15\n")
    server = start(directory)
    assert run(server, "SELECT 1") == [(1,)]
    server.stop()


def test_data_outlives_a_stop_and_only_the_tests_give_durability_up(directory):
    server = start(directory)
    assert setting(server, "fsync") == "off"
    run(server, "CREATE TABLE kept (n int)")
    server.stop()
    assert server.child.process.returncode == 0
    server = start(directory, durable=True)
    assert (setting(server, "fsync"), setting(server, "synchronous_commit")) == ("on", "on")
    assert setting(server, "listen_addresses") == ""
    assert run(server, "SELECT count(*) FROM kept") == [(0,)]
    assert stat.S_IMODE((directory / "postgres" / "data").stat().st_mode) == 0o700
    server.stop()


def test_data_of_another_version_is_refused_with_what_to_do(directory):
    server = start(directory)
    server.stop()
    (directory / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(SandboxError, match=r"(?s)made by PostgreSQL 9.*--fresh"):
        start(directory)


def test_the_wheel_serves_where_the_system_has_none(directory, bare_path):
    server = start(directory)
    assert "wheel" in server.source
    assert int(setting(server, "server_version_num")) >= 150_000
    server.stop()


def test_without_any_the_error_says_what_to_install(bare_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(SandboxError, match="apt install"):
        binaries.find_postgres()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_root_starts_it_as_nobody_even_below_a_closed_directory(directory):
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    server = start(closed)
    assert Path(f"/proc/{server.child.pid}").stat().st_uid == places.nobody().uid
    elsewhere = (closed / "postgres").readlink()
    assert run(server, "SELECT 1") == [(1,)]
    server.stop()
    places.remove(closed)
    assert not elsewhere.exists()
    assert not closed.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_a_directory_that_was_removed_and_made_again_starts_empty(directory):
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    server = start(closed)
    run(server, "CREATE TABLE kept AS SELECT 1")
    server.stop()
    shutil.rmtree(closed)
    closed.mkdir(mode=0o700)

    server = start(closed)
    assert run(server, "SELECT to_regclass('kept')") == [(None,)]
    server.stop()
    places.remove(closed)


def test_a_socket_path_too_long_for_the_kernel_is_put_elsewhere(directory):
    deep = directory / ("x" * 120)
    server = start(deep)
    assert run(server, "SELECT 1") == [(1,)]
    server.stop()
    places.remove(deep / "postgres")
