"""Redis for the demo and the tests: an address, else the system's server, else a wheel's."""

import os
from collections.abc import Mapping
from pathlib import Path

from sandbox import binaries
from sandbox.processes import Server, free_port, spawn, wait_until_ready

DATABASES = 64  # one per test worker, and then some
READY = "Ready to accept connections"


def start_redis(
    directory: Path,
    *,
    durable: bool = False,
    port: int = 0,
    environment: Mapping[str, str] = os.environ,
) -> Server:
    """Start Redis on the loopback address, its files in `directory`, or use the one at REDIS_URL.

    :param durable: keep an append-only file, so that a restart finds the queues as they were
    :param port: 0 takes a free one
    :raises SandboxError: when no Redis is found or it does not start
    """
    if address := environment.get("REDIS_URL"):
        return Server(address, "Redis at REDIS_URL")
    program, source = binaries.find_redis()
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(directory.absolute()),
        "databases": str(DATABASES),
        "save": "",
        "appendonly": "yes" if durable else "no",
        "daemonize": "no",
    }
    command = [word for name, value in options.items() for word in (f"--{name}", value)]
    child = spawn("Redis", [str(program), *command], log=directory / "redis.log")
    # Its own words, since an answer at the port could be another server's.
    wait_until_ready(child, lambda: READY in child.output())
    return Server(f"redis://127.0.0.1:{port}/0", source, child.stop, child)
