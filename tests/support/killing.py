"""Ends processes as a lost machine would: at once, without a word."""

import os
import signal
import subprocess

from sandbox.processes import Child


def children_of(pid: int) -> list[int]:
    """The processes that one has started and that are there."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


def kill_family(child: Child) -> None:
    """End a process with all that it started, whatever they were doing; PostgreSQL's lead sessions of their own."""
    os.kill(child.pid, signal.SIGSTOP)  # it starts no more of them
    for pid in (child.pid, *children_of(child.pid)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    child.process.wait()
