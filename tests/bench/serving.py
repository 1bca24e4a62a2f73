"""Starts processes of the product, and waits for their answers."""

import http.client
from pathlib import Path

from sandbox.processes import Child, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS_MAX = 5.0


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
