"""Redis starts from wherever it is found, on the loopback address alone."""

import sys

import pytest
import redis

from sandbox import binaries
from sandbox.processes import SandboxError, free_port
from sandbox.redis import DATABASES, start_redis


def test_an_address_in_the_environment_is_used_as_it_is(directory):
    server = start_redis(directory, environment={"REDIS_URL": "redis://there:6379/0"})
    assert server.url == "redis://there:6379/0"
    assert server.child is None


def test_it_answers_and_has_a_database_for_every_worker(directory):
    server = start_redis(directory, environment={})
    with redis.from_url(f"{server.url.removesuffix('0')}{DATABASES - 1}") as client:
        assert client.ping()
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    server.stop()
    assert server.child
    assert not server.child.is_running()


def test_durable_data_outlives_a_kill(directory):
    port = free_port()
    server = start_redis(directory, durable=True, port=port, environment={})
    with redis.from_url(server.url) as client:
        client.config_set("appendfsync", "always")
        client.set("kept", "yes")
    assert server.child
    server.child.process.kill()
    server.child.process.wait()
    server = start_redis(directory, durable=True, port=port, environment={})
    with redis.from_url(server.url) as client:
        assert client.get("kept") == b"yes"
    server.stop()


def test_the_wheel_serves_where_the_system_has_none(directory, bare_path):
    server = start_redis(directory, environment={})
    assert "wheel" in server.source
    with redis.from_url(server.url) as client:
        assert client.incr("n") == 1
    server.stop()


def test_without_any_the_error_says_what_to_install(bare_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(SandboxError, match="apt install"):
        binaries.find_redis()


def test_a_port_that_is_taken_is_told_with_the_servers_words(directory):
    first = start_redis(directory / "one", environment={})
    with pytest.raises(SandboxError, match="Address already in use"):
        start_redis(directory / "two", port=int(first.url.split(":")[2].split("/")[0]), environment={})
    first.stop()
