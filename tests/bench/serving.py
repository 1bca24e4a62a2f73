"""Starts processes of the product, and waits for their answers."""

import http.client
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.processes import Child, spawn, wait_until_ready
from tests.bench.stage import Place

ROOT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS_MAX = 5.0


def serve(
    name: str, application: str, port: int, place: Place, extra: Mapping[str, str] | None = None
) -> Child:
    """Start gunicorn as in production, with a worker for each processor."""
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
    environment = {**place.environment, "WEB_CONCURRENCY": str(os.cpu_count() or 1), **(extra or {})}
    return spawn("web", command, log=place.logs / f"{name}.log", environment=environment, directory=ROOT)


def wait_for_answer(child: Child, port: int, path: str) -> None:
    """Wait until a path is answered with 200."""
    wait_until_ready(child, lambda: status_of(port, path) == http.client.OK)


def status_of(port: int, path: str) -> int:
    """Give the status of an answer, 0 where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
