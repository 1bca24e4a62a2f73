"""Child processes of the sandbox: started on a leash, waited for, stopped within a bound."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 10.0
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 20

# The kernel sends the death signal when the *thread* that started a child ends, so all children
# are started by this one thread, which lives as long as the process.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
_spawned: list["Child"] = []
_closing = threading.Event()


class SandboxError(Exception):
    """A system of the sandbox could not be found, started or stopped; the text says what to do."""


def _nothing() -> None:
    """Stop nothing: the system was running before us."""


@dataclass(frozen=True)
class Server:
    """A running system: its address, where it came from, and how to stop it."""

    url: str
    source: str
    stop: Callable[[], None] = field(default=_nothing)
    child: "Child | None" = None


@dataclass(frozen=True)
class Identity:
    """The user and group that a child runs as."""

    uid: int
    gid: int


@dataclass
class Child:
    """One started process with its log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    log_start: int = 0
    is_asked: bool = False

    @property
    def pid(self) -> int:
        """The process id, also the id of its process group."""
        return self.process.pid

    def is_running(self) -> bool:
        """Tell whether the process is alive."""
        return self.process.poll() is None

    def output(self) -> str:
        """Give what this process, not an earlier one with the same log, has written."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """Give the last lines of the log."""
        return "\n".join(self.output().splitlines()[-lines:])

    def failure(self, happened: str) -> SandboxError:
        """Build the error that tells what happened, with the end of the log."""
        return SandboxError(f"{self.name} {happened}. Its log ({self.log}) ends:\n{self.log_tail()}")

    def ask_to_stop(self) -> None:
        """Send the stop signal once, without waiting: a second one would mean "at once" to some."""
        if self.is_running() and not self.is_asked:
            self.is_asked = True
            self.process.send_signal(self.stop_signal)

    def stop(self, timeout_seconds: float = STOP_SECONDS_MAX) -> None:
        """Ask to stop, wait up to the timeout, then kill the whole process group."""
        self.ask_to_stop()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()


def spawn(
    name: str,
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    directory: Path | None = None,
) -> Child:
    """Start a command in its own session, its output appended to `log`."""
    executable = shutil.which(command[0])
    if executable is None:
        raise SandboxError(f"{name}: the program {command[0]} was not found.")
    user = identity or Identity(-1, -1)
    leashed = [
        *(sys.executable, "-I", "-S", str(LEASH)),
        *(str(os.getpid()), str(int(stop_signal)), str(user.uid), str(user.gid)),
        executable,
        *command[1:],
    ]
    log.parent.mkdir(parents=True, exist_ok=True)
    child = _spawner.submit(_popen, name, leashed, log, environment, stop_signal, directory).result()
    _spawned.append(child)
    return child


def _popen(
    name: str,
    command: list[str],
    log: Path,
    environment: Mapping[str, str] | None,
    stop_signal: signal.Signals,
    directory: Path | None,
) -> Child:
    if _closing.is_set():
        raise SandboxError(f"{name} is not started: everything is being stopped.")
    with log.open("ab") as output:
        log_start = output.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ if environment is None else environment),
            cwd=directory,
            start_new_session=True,  # Ctrl-C is for the parent, which stops its children in order
        )
    return Child(name, process, log, stop_signal, log_start)


def stop_all(*, first: Collection[str] = (), timeout_seconds: float = STOP_SECONDS_MAX) -> None:
    """Stop every child of this process, and start no more; takes at most twice the timeout.

    :param first: names of the children that use the others: they are stopped before them
    """
    _spawner.submit(_closing.set).result()
    users = [child for child in _spawned if child.name in first]
    _stop_together(users, timeout_seconds)
    _stop_together([child for child in _spawned if child not in users], timeout_seconds)


def _stop_together(children: list[Child], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop(max(0.0, deadline - time.monotonic()))


def wait_until_ready(
    child: Child, is_ready: Callable[[], bool], *, seconds_max: float = READY_SECONDS_MAX
) -> None:
    """Poll until the child answers.

    :raises SandboxError: when it ends or is not ready in time; it is stopped then.
    """
    deadline = time.monotonic() + seconds_max
    while not is_ready():
        if not child.is_running():
            raise child.failure(f"ended with status {child.process.returncode} while starting")
        if time.monotonic() > deadline:
            child.stop()
            raise child.failure(f"was not ready after {seconds_max:.0f} s")
        time.sleep(POLL_SECONDS)


def wait_for_line(child: Child, prefix: str, *, seconds_max: float = READY_SECONDS_MAX) -> str:
    """Wait for a line of the child's log that starts with `prefix`, and give what follows it."""
    found: list[str] = []

    def is_there() -> bool:
        lines = child.output().splitlines(keepends=True)
        whole = [line for line in lines if line.startswith(prefix) and line.endswith("\n")]
        found.extend(line.removeprefix(prefix).strip() for line in whole)
        return bool(found)

    wait_until_ready(child, is_there, seconds_max=seconds_max)
    return found[0]


def free_port() -> int:
    """Give a TCP port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
