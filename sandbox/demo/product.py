"""Starts the product itself as production does: web, worker, beat."""

import http.client
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.processes import Child, spawn, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
WEB_THREADS = 8
WORKER_PROCESSES = 2
PREPARE_SECONDS_MAX = 180
ANSWER_SECONDS_MAX = 5

WEB, WORKER, BEAT = NAMES = ("web", "worker", "beat")
WORKER_READY = " ready."  # Celery's own word for it
CELERY = ("-m", "celery", "--app", "config")


def prepare_database(environment: Mapping[str, str], logs: Path, *, root: Path = ROOT) -> None:
    """Migrate, seed the catalogue, add the demo's people.

    :param root: the tree whose product is started, here and below
    :raises SandboxError: when it fails, with the end of its output
    """
    child = _spawn("prepare", ["-m", "sandbox.demo.prepare"], environment, logs, root)
    try:
        status = child.process.wait(PREPARE_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.stop()
        raise child.failure(f"was not done after {PREPARE_SECONDS_MAX} s") from None
    if status:
        raise child.failure(f"ended with status {status}")


def start_web(port: int, environment: Mapping[str, str], logs: Path, *, root: Path = ROOT) -> Child:
    """Start gunicorn on the loopback address; it does not answer yet."""
    arguments = ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    arguments += ["--worker-class", "gthread", "--threads", str(WEB_THREADS), "--graceful-timeout", "5"]
    return _spawn(WEB, [*arguments, "--no-control-socket"], environment, logs, root)


def start_worker(environment: Mapping[str, str], logs: Path, *, root: Path = ROOT) -> Child:
    """Start a Celery worker for all queues."""
    arguments = [*CELERY, "worker", "--concurrency", str(WORKER_PROCESSES)]
    return _spawn(WORKER, [*arguments, "--without-gossip", "--without-mingle"], environment, logs, root)


def start_beat(environment: Mapping[str, str], logs: Path, *, root: Path = ROOT) -> Child:
    """Start Celery's timetable."""
    return _spawn(BEAT, [*CELERY, "beat", "--pidfile", ""], environment, logs, root)


def wait_for_site(web: Child, port: int) -> None:
    """Wait until the site is ready, then for its first page.

    :raises SandboxError: when the site is not ready in time, or its first page is an error
    """
    wait_until_ready(web, lambda: _status(port, "/readyz") == http.client.OK)
    status = _status(port, "/")
    if status != http.client.OK:
        raise web.failure(f"answers its first page with {status}")


def wait_for_worker(worker: Child) -> None:
    """Wait until the worker takes tasks: before that, nobody's tokens are shown in Firestore.

    :raises SandboxError: when it is not ready in time
    """
    wait_until_ready(worker, lambda: WORKER_READY in worker.output())


def _spawn(name: str, arguments: list[str], environment: Mapping[str, str], logs: Path, root: Path) -> Child:
    log = logs / f"{name}.log"
    return spawn(name, [sys.executable, *arguments], log=log, environment=environment, directory=root)


def _status(port: int, path: str) -> int:
    """Give the status of an answer, 0 where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
