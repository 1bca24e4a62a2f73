"""A TCP proxy on loopback that can be taken away and brought back under the same address."""

import contextlib
import itertools
import socket
import threading
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65536
ANSWER_SECONDS_MAX = 5.0


class TcpProxy:
    """Passes bytes between whoever connects and a target ("host:port", or a unix socket's path), until it is stopped.

    Of several targets each connection gets the next one, or another where that refuses it, as from a load balancer.
    While it is stopped, connections are refused and the open ones are cut, as with a server that died.
    While it is mute, what is sent arrives, and no answer comes back. While it is slow, all that passes comes late.
    """

    def __init__(self, *targets: str) -> None:
        self._targets = targets
        self._turns = itertools.count()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._port = 0
        self._is_mute = False
        self._delay_seconds = 0.0
        self.start()

    @property
    def address(self) -> str:
        """Where it listens, as "host:port"; the same after a restart."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, at the address of the first start."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse new connections and cut the open ones."""
        self._close_listener()
        self.cut()
        self._is_mute = False
        self._delay_seconds = 0.0

    def _close_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            # A thread that waits in accept() is not woken by close() alone.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def cut(self) -> None:
        """Cut the open connections; new ones are taken as before."""
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def mute(self) -> None:
        """Lose every answer from now on, until it is stopped: a connection that lost one is of no use any more."""
        self._is_mute = True

    def be_slow(self, seconds: float) -> None:
        """Pass everything on so much later, either way, until it is stopped or told 0."""
        self._delay_seconds = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = self._connect()
            if far is None:
                near.close()
                continue
            far.settimeout(None)
            self._join(near, far, is_open=listener is self._listener)

    def _connect(self) -> socket.socket | None:
        """Reach the target whose turn it is, or the next that answers."""
        turn = next(self._turns)
        for step in range(len(self._targets)):
            try:
                return _reach(self._targets[(turn + step) % len(self._targets)])
            except OSError:
                continue
        return None

    def _join(self, near: socket.socket, far: socket.socket, *, is_open: bool) -> None:
        with self._lock:
            self._sockets |= {near, far}
        ends = threading.Barrier(2)
        for source, sink, is_answer in ((near, far, False), (far, near, True)):
            arguments = (source, sink, ends, is_answer)
            threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()
        if not is_open:
            self.stop()

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        ends: threading.Barrier,
        is_answer: bool,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if self._delay_seconds:
                    threading.Event().wait(self._delay_seconds)
                if not (is_answer and self._is_mute):
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            source.shutdown(socket.SHUT_RDWR)
        # Both directions have ended before a descriptor is given back, or another thread might still use it.
        with contextlib.suppress(threading.BrokenBarrierError):
            ends.wait(ANSWER_SECONDS_MAX)
        with self._lock:
            self._sockets.discard(source)
        source.close()


def _reach(target: str) -> socket.socket:
    if target.startswith("/"):
        far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            far.connect(target)
        except OSError:
            far.close()
            raise
        return far
    host, _, port = target.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS_MAX)
