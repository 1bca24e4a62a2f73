"""Calls the product as its server does, with whatever a socket can bring: the test client would refuse much of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections


@cache
def application() -> WSGIHandler:
    return WSGIHandler()


def call(path: str, body: bytes, *, method: str = "POST", **environ: str) -> tuple[int, bytes]:
    """Make a request; give the answer's status and body. `environ` are CGI's names (HTTP_…, CONTENT_TYPE, …)."""
    status: list[int] = []

    def start_response(line: str, _headers: Any, _error: Any = None, /) -> Callable[[bytes], object]:
        status.append(int(line.split(" ", 1)[0]))
        return bytes

    with connection_kept():
        answer = application()({**_request(path, body, method), **environ}, start_response)
        text = b"".join(answer)
        answer.close()
    return status[0], text


@contextmanager
def connection_kept() -> Iterator[None]:
    """As Django's test client does: requests leave the test's connection, or that it has none, alone."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _request(path: str, body: bytes, method: str) -> Mapping[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
