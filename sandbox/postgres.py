"""PostgreSQL for the demo and the tests: an address, else system binaries, else a wheel's.

The server listens on a unix socket only and trusts whoever can reach the socket's directory.
PostgreSQL refuses to run as root: there it runs as `nobody`, in a directory nobody can reach.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from sandbox import binaries, places
from sandbox.processes import (
    READY_SECONDS_MAX,
    Child,
    Identity,
    SandboxError,
    Server,
    spawn,
    wait_until_ready,
)

DATABASE = "token_economy"
SUPERUSER = "postgres"
CONNECTIONS_MAX = 120
ORPHAN_STOP_SECONDS_MAX = 10.0

# Tests throw their data away: nothing is synced. The demo keeps PostgreSQL's own promises.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class _Cluster:
    """Where one server keeps its data, its socket and its log, and who runs it."""

    binaries: Path
    data: Path
    sockets: Path
    log: Path
    identity: Identity | None

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.sockets))}"


def start_postgres(directory: Path, *, durable: bool, environment: Mapping[str, str] = os.environ) -> Server:
    """Start PostgreSQL with its data in `directory`, or use the one at DATABASE_URL.

    :param durable: keep what was committed over a crash of the machine (tests say no)
    :raises SandboxError: when no PostgreSQL is found or it does not start
    """
    if address := environment.get("DATABASE_URL"):
        return Server(address, "PostgreSQL at DATABASE_URL")
    found = binaries.find_postgres()
    cluster = _prepare(directory, found.directory)
    _stop_orphan(cluster)
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(cluster)
    _refuse_other_version(cluster)
    child = _start(cluster, durable=durable)
    _create_database(cluster)
    return Server(cluster.url(DATABASE), found.source, child.stop, child)


def _prepare(directory: Path, found: Path) -> _Cluster:
    """Make the directories, owned by whoever will run the server."""
    if os.geteuid() == 0:
        identity = places.nobody()
        directory = places.reachable(directory)
        found = places.reachable_copy(found.parent, f"postgres-{found.parent.name}") / found.name
    else:
        identity = None
        directory.mkdir(parents=True, exist_ok=True)
    sockets = places.short_enough(directory / "socket")
    for path in (directory, sockets):
        path.mkdir(parents=True, exist_ok=True)
        if identity:
            os.chown(path, identity.uid, identity.gid)
    return _Cluster(found, directory / "data", sockets, directory / "postgres.log", identity)


def _initialise(cluster: _Cluster) -> None:
    """Create the data directory beside its place and move it there when it is whole."""
    unfinished = cluster.data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        *(str(cluster.binaries / "initdb"), "--pgdata", str(unfinished)),
        *("--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"),
        *("--no-sync", "--no-instructions"),
    ]
    user = cluster.identity
    done = subprocess.run(
        command,
        cwd="/",
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise SandboxError(f"PostgreSQL's initdb failed:\n{done.stderr}")
    unfinished.rename(cluster.data)


def _refuse_other_version(cluster: _Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    ours = binaries.major_version(cluster.binaries / "postgres")
    if made_by != ours:
        raise SandboxError(
            f"The data in {cluster.data} was made by PostgreSQL {made_by}, but the one found is "
            f"{ours}. Start afresh (./dev demo --fresh) or install PostgreSQL {made_by}."
        )


def _start(cluster: _Cluster, *, durable: bool) -> Child:
    """Start the server; after a kill, wait until the old server's backends have left."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.sockets),
        "max_connections": str(CONNECTIONS_MAX),
        "timezone": "UTC",
        **({} if durable else THROWAWAY_SETTINGS),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + READY_SECONDS_MAX
    while True:
        child = spawn(
            "PostgreSQL",
            [str(cluster.binaries / "postgres"), "-D", str(cluster.data), *options],
            log=cluster.log,
            identity=cluster.identity,
            stop_signal=signal.SIGINT,  # "fast": sessions are ended, the data is checkpointed
            directory=Path("/"),
        )
        try:
            wait_until_ready(child, lambda: _answers(cluster))
        except SandboxError:
            if "still in use" not in child.output() or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return child


def _answers(cluster: _Cluster) -> bool:
    try:
        psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_database(cluster: _Cluster) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _stop_orphan(cluster: _Cluster) -> None:
    """End a server that an earlier, killed run left on this data; drop lock files of the dead."""
    for lock in (cluster.data / "postmaster.pid", cluster.sockets / f"{places.SOCKET_NAME}.lock"):
        try:
            pid = int(lock.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            continue
        if _is_server_of(pid, cluster.data):
            _end(pid, cluster.data)
        lock.unlink(missing_ok=True)


def _end(pid: int, data: Path) -> None:
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + ORPHAN_STOP_SECONDS_MAX
    while _is_server_of(pid, data):
        if time.monotonic() > deadline:
            raise SandboxError(f"PostgreSQL (process {pid}) still runs on {data} and does not stop.")
        time.sleep(0.05)


def _is_server_of(pid: int, data: Path) -> bool:
    """Tell whether this process is a PostgreSQL on this data: a pid is reused sooner or later."""
    done = subprocess.run(
        ["ps", "-ww", "-o", "stat=,args=", "-p", str(pid)],
        capture_output=True,
        check=False,
        text=True,
    )
    line = done.stdout.strip()
    pattern = rf"postgres.* -D {re.escape(str(data))}(\s|$)"
    return not line.startswith("Z") and re.search(pattern, line) is not None
