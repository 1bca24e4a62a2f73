"""The demo as a person runs it: it starts, tells what one needs, stops cleanly, and says who died."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import places
from sandbox.demo.people import PEOPLE
from sandbox.processes import free_port

pytestmark = pytest.mark.timeout(400)
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS_MAX = 180
STOP_SECONDS_MAX = 60


class Demo:
    """One run of the demo."""

    def __init__(self, directory, port, environment):
        self.port = port
        self.output = directory.with_name(f"{directory.name}.out")
        command = [sys.executable, "-m", "sandbox.demo", "--port", str(port), "--directory", str(directory)]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def text(self):
        return self.output.read_text()

    def wait_until_told(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while "Ctrl-C" not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def children(self):
        """The pids of what it started, by the words of their command lines."""
        done = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return {args: int(pid) for pid, args in (line.split(None, 1) for line in done.stdout.splitlines())}

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS_MAX)


@pytest.fixture
def demo(directory, outer_environment):
    """Start the demo on the same data and port again and again."""
    port = free_port()
    runs = []

    def start(port=port):
        runs.append(Demo(directory / "demo", port, outer_environment))
        return runs[-1]

    yield start
    for run in runs:
        with contextlib.suppress(ProcessLookupError):
            run.process.kill()
        run.process.wait()
    places.remove(directory / "demo")


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def is_gone(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's ps for children")
def test_the_demo_runs_refuses_a_second_names_who_died_and_comes_back(demo, directory):
    first = demo()
    first.wait_until_told()
    assert all(person.email in first.text() and person.password in first.text() for person in PEOPLE)
    assert get(first.port, "/")[0] == 200
    status, page = get(first.port, "/buy-tokens")
    assert status == 200, page
    assert all(price in page for price in ("4.99", "14.99", "29.99", "49.99"))
    kept = json.loads((directory / "demo" / "environment.json").read_text())
    assert "tokens_app@" in kept["DATABASE_URL"]

    second = demo()
    assert second.process.wait(START_SECONDS_MAX) == 1
    assert "A demo runs already" in second.text()
    assert get(first.port, "/")[0] == 200

    beat = next(pid for args, pid in first.children().items() if " beat" in args)
    others = first.children().values()
    os.kill(beat, signal.SIGKILL)
    assert first.process.wait(STOP_SECONDS_MAX) == 1
    assert "The demo stops: beat ended with status -9" in first.text()
    assert all(is_gone(pid) for pid in others)

    again = demo()
    again.wait_until_told()
    left = again.children().values()
    assert len(left) == 7
    assert again.end(signal.SIGTERM) == 0
    assert all(is_gone(pid) for pid in left)
    assert not (directory / "demo" / "environment.json").exists()


def test_a_port_that_is_taken_is_told(demo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = demo(port)
        assert run.process.wait(START_SECONDS_MAX) == 1
    assert f"port {port} is in use" in run.text()


def test_an_interrupted_start_stops_cleanly(demo):
    run = demo()
    while "Starting" not in run.text():
        time.sleep(0.02)
    assert run.end(signal.SIGINT) == 0
    assert "Stopped." in run.text()
