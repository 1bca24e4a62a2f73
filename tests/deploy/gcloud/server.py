"""Answers the `gcloud` on a script's path: a stub in bash that asks this process, since Python starts too slowly."""

import base64
import os
import shlex
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from tests.deploy.gcloud.cloud import Cloud
from tests.deploy.gcloud.main import answer

STUB = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port}
stdin=''
[[ " $* " != *"=- "* ]] || stdin=$(base64 | tr -d '\\n')
for argument in "$@"; do
    [[ $argument != --flags-file=* ]] || stdin=$(base64 "${{argument#*=}}" | tr -d '\\n')
done
printf '%s\\0' "$$" "$stdin" "$(export -p)" "$#" "$@" >&3
IFS= read -r -d '' status <&3
IFS= read -r -d '' stdout <&3
IFS= read -r -d '' stderr <&3
printf '%s' "$stdout"
printf '%s' "$stderr" >&2
exit "$status"
"""
ANCESTORS_MAX = 4


class Server:
    """One project, and everything that everybody on the machine could see of each call."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.calls: list[list[str]] = []
        self.seen: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    @property
    def stub(self) -> str:
        """The program to be put on the path."""
        return STUB.format(port=self._listener.getsockname()[1])

    def _serve(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(ConnectionError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        words = iter(lambda: _word(stream), None)
        process, stdin, environment, count = (next(words) for _ in range(4))
        arguments = [next(words) for _ in range(int(count))]
        self.calls.append(arguments)
        self.seen += [shlex.join(arguments), environment, *_ancestors(int(process))]
        before = self.cloud.writes
        given = answer(self.cloud, arguments, base64.b64decode(stdin))
        if before < self.cloud.writes == self.cloud.interrupt_after:
            # The power goes: the change is made, and nobody hears of it.
            os.killpg(os.getpgid(int(process)), signal.SIGKILL)
        connection.sendall(b"".join(f"{part}\0".encode() for part in given))


def _word(stream: BinaryIO) -> str:
    found = bytearray()
    while (byte := stream.read(1)) not in {b"\0", b""}:
        found += byte or b""
    return found.decode()


def _ancestors(process: int) -> list[str]:
    """The command lines of the processes that led here, as `ps` shows them, where there is a /proc."""
    lines: list[str] = []
    with suppress(OSError):
        while len(lines) < ANCESTORS_MAX:
            lines.append(Path(f"/proc/{process}/cmdline").read_text().replace("\0", " "))
            process = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return lines
