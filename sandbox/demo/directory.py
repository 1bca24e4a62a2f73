"""Where the demo keeps its data: one demo at a time, the same ports at every start."""

import fcntl
import json
import socket
import time
from pathlib import Path
from typing import TextIO

from sandbox import places
from sandbox.processes import SandboxError, free_port

LOCK = "lock"
PORT_SECONDS_MAX = 3.0


class DemoDirectory:
    """A directory of data, logs and addresses that belongs to one running demo."""

    def __init__(self, path: Path) -> None:
        """Take a directory; it is made when it is locked."""
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.environment = self.path / "environment.json"
        self._lock: TextIO | None = None

    def lock(self) -> None:
        """Keep other demos out for as long as this process lives.

        :raises SandboxError: when one runs already
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / LOCK).open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SandboxError(f"A demo runs already with its data in {self.path}.") from error

    def clear(self) -> None:
        """Remove all data, but not the lock."""
        for path in self.path.iterdir():
            if path.name == LOCK:
                continue
            if path.is_dir():
                places.remove(path)
            else:
                path.unlink()

    def port(self, name: str) -> int:
        """Give the port that a system had at the last start if it is free, else another."""
        file = self.path / "ports.json"
        ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        if name not in ports or not is_free(ports[name]):
            ports[name] = free_port()
            file.write_text(json.dumps(ports))
        return ports[name]


def wait_until_free(port: int) -> bool:
    """Tell whether a port is free, or becomes so: what a killed demo leaves takes a moment to go."""
    deadline = time.monotonic() + PORT_SECONDS_MAX
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
