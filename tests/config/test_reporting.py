"""Unforeseen errors are reported, without what nobody else may see."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
import pytest
import sentry_sdk

from config import reporting
from foundation.errors import NotFound


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        decompress = {"gzip": gzip.decompress, "br": brotli.decompress}[self.headers["Content-Encoding"]]
        self.server.received.append(decompress(body).decode())  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def received() -> Iterator[list[str]]:
    """What the error tracker at the configured address has been told."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.received = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reporting.start(dsn=f"http://key@127.0.0.1:{server.server_port}/1", environment="tests")
    yield server.received  # type: ignore[attr-defined]
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    server.shutdown()
    server.server_close()


def report(error: Exception) -> None:
    sentry_sdk.capture_exception(error)
    sentry_sdk.flush(10)


def test_a_bug_is_reported_without_secrets(received: list[str]) -> None:
    key = "sk_test_" + "a1B2" * 8
    report(ZeroDivisionError(f"alice@example.com paid with {key}"))
    (told,) = received
    assert "ZeroDivisionError" in told
    assert key not in told
    assert "alice@" not in told


def test_a_refusal_is_an_answer_and_not_reported(received: list[str]) -> None:
    report(NotFound())
    assert not any("NotFound" in told or '"exception"' in told for told in received)


def test_without_an_address_nothing_is_started() -> None:
    reporting.start(dsn="", environment="tests")
    assert sentry_sdk.get_client().dsn is None
