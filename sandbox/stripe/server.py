"""The HTTP server: one thread a connection, kept alive, one write an answer."""

import socket
import struct
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.stripe.limits import BODY_BYTES_MAX, CONNECTION_IDLE_SECONDS
from sandbox.stripe.messages import ConnectionLost, Request, Response, json_response
from sandbox.stripe.site import Site

_DISCARDED_BYTES_MAX = 20_000_000


class Server(ThreadingHTTPServer):
    """Serves one site; bind before the site exists, so that the port is known to it."""

    daemon_threads = True
    request_queue_size = 256
    site: Site

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the look-up of the machine's name that the standard library does here."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = CONNECTION_IDLE_SECONDS
    server: Server

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._discard(int(length) if length.isdecimal() else 0)
            self._write(json_response({"error": "The body is too large or of unknown length."}, 413))
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, self.rfile.read(int(length)))
        try:
            response = self.server.site.answer(request)
        except ConnectionLost:
            self._break()
            return
        self._write(response)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the standard library's names

    def _write(self, response: Response) -> None:
        phrase = HTTPStatus(response.status).phrase
        lines = [f"HTTP/1.1 {response.status} {phrase}", f"Content-Type: {response.content_type}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines.append(f"Content-Length: {len(response.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + response.body)

    def _discard(self, length: int) -> None:
        """Read a body that is refused anyway, within reason: unread, it would cost the client the answer."""
        left = min(length, _DISCARDED_BYTES_MAX)
        while left > 0 and (part := self.rfile.read(min(left, BODY_BYTES_MAX))):
            left -= len(part)

    def _break(self) -> None:
        """Reset the connection, so that the client sees a network error and no answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet: the dashboard and the controls tell what was asked."""
