"""Keeps the product's processes alive, as an orchestrator does, and measures how long each takes to serve again."""

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.processes import Child
from tests.chaos import limits
from tests.support.killing import children_of


@dataclass(frozen=True)
class Recovery:
    """A process that was ended, and how long it took from its next start until it served.

    `at` is when it started, in seconds since the campaign's processes were first started.
    """

    process: str
    cause: str
    at: float
    seconds: float


@dataclass
class Kept:
    """One process: how it is started, and what tells that it serves (its port, or a line of its log)."""

    name: str
    spawn: Callable[[], Child]
    port: int = 0
    sign_of_life: str = ""
    child: Child | None = field(default=None, init=False)
    seen: Child | None = field(default=None, init=False)  # whose sign of life was read
    cause: str = field(default="start", init=False)
    down_since: float = field(default=0.0, init=False)

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self.child is not None and self.child.is_running()

    def serves(self) -> bool:
        """Whether it does its work."""
        if self.child is None or not self.child.is_running():
            return False
        if self.port:
            return answers(self.port)
        if self.seen is not self.child and self.sign_of_life in self.child.output():
            self.seen = self.child
        return self.seen is self.child

    def ask_to_stop(self, cause: str) -> None:
        """Ask it to end when it has done what it does, and wait until it has ended."""
        if self.child is not None and self.child.is_running():
            self.cause = cause
            self.child.stop()

    def kill(self, cause: str) -> bool:
        """End it and its children at once; tell whether it lived."""
        if self.child is None or not self.child.is_running():
            return False
        self.cause = cause
        os.killpg(self.child.pid, signal.SIGKILL)
        return True

    def children(self) -> set[int]:
        """The processes that it has started and that are there."""
        return set(children_of(self.child.pid)) if self.child and self.child.is_running() else set()

    def kill_child(self, cause: str) -> bool:
        """End one process that it has started; tell whether there was one."""
        for pid in self.children():
            self.cause = cause
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            return True
        return False


def answers(port: int) -> bool:
    """Tell whether a web process says that it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limits.PROBE_SECONDS_MAX)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Keeper:
    """A thread for each process: starts it, and starts it again whenever it is gone."""

    def __init__(self, processes: list[Kept]) -> None:
        self.processes = {process.name: process for process in processes}
        self.recoveries: list[Recovery] = []
        self._began = time.monotonic()
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(process,), name=f"keeper {process.name}")
            for process in processes
        ]

    def start(self) -> None:
        """Start all processes and wait until they serve."""
        for thread in self._threads:
            thread.start()
        self.wait_until_all_serve()

    def stop(self) -> None:
        """Let processes die from now on."""
        self._is_over.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def note(self, process: str, cause: str, since: float) -> None:
        """Note a recovery that began at a time of `time.monotonic`, and is over."""
        self.recoveries.append(Recovery(process, cause, since - self._began, time.monotonic() - since))

    def wait_until_all_serve(self) -> None:
        """Wait until every process does its work.

        :raises TimeoutError: when one does not in time
        """
        for process in self.processes.values():
            self.wait_for(process)

    def wait_for(self, process: Kept) -> None:
        """Wait until a process does its work.

        :raises TimeoutError: when it does not in time
        """
        deadline = time.monotonic() + limits.READY_SECONDS_MAX
        while not process.serves():
            if time.monotonic() > deadline:
                tail = process.child.log_tail() if process.child else ""
                raise TimeoutError(f"{process.name} does not serve:\n{tail}")
            self._is_over.wait(limits.POLL_SECONDS)

    def _keep(self, process: Kept) -> None:
        while not self._is_over.is_set():
            if not process.is_running:
                self._revive(process)
            self._is_over.wait(limits.POLL_SECONDS)

    def _revive(self, process: Kept) -> None:
        """Start it until it serves; one that dies while it starts has not recovered."""
        process.down_since = process.down_since or time.monotonic()
        process.child = process.spawn()
        while not process.serves():
            if self._is_over.wait(limits.POLL_SECONDS) or not process.is_running:
                return
        if process.cause != "start":
            self.note(process.name, process.cause, process.down_since)
        process.cause, process.down_since = "death", 0.0
