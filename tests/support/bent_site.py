"""A site whose answers are bent on their way: what the product does not do wrong by itself."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import requests

HOP_BY_HOP = {"connection", "content-length", "content-encoding", "transfer-encoding", "date", "server"}


@dataclass
class Answer:
    """What the product answered to a request; `bend` may change it."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: str


@dataclass
class BentSite:
    """Passes requests on to the product, and its answers through `bend`."""

    upstream: str
    bend: Callable[[Answer], object]
    _server: ThreadingHTTPServer = field(init=False)

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The product's answer, bent."""
        with requests.Session() as session:
            session.trust_env = False
            found = session.request(
                method,
                f"{self.upstream}{path}",
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=30,
            )
        told = [(name, value) for name, value in found.raw.headers.items() if name.lower() not in HOP_BY_HOP]
        cookies = [value for name, value in told if name == "Set-Cookie"]
        others = {name: value for name, value in told if name != "Set-Cookie"}
        answer = Answer(method, path, found.status_code, others, cookies, found.text)
        self.bend(answer)
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                answer = site.ask(self.command, self.path, sent, body)
                encoded = answer.body.encode()
                self.send_response(answer.status)
                for name, value in [
                    *answer.headers.items(),
                    *(("Set-Cookie", one) for one in answer.cookies),
                ]:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        return Handler
