"""The API reads no body that is too large."""

import io
from collections.abc import Iterable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from foundation import limits
from tests.support.wsgi import connection_kept


@csrf_exempt
def length(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.read())))


urlpatterns = [path("api/length", length), path("length", length)]
pytestmark = pytest.mark.urls(__name__)


class Unread(io.BytesIO):
    """A body that nobody may read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("The body was read.")


def post(address: str, body: io.BytesIO, **environ: Any) -> tuple[int, bytes]:
    """Go through the whole stack as a server would."""
    request = RequestFactory().post(address).environ
    request.pop("CONTENT_LENGTH", None)
    request |= {"wsgi.input": body, "HTTP_HOST": "localhost", **environ}
    status = 0

    def start_response(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        nonlocal status
        status = int(line.split(maxsplit=1)[0])

    with connection_kept():
        answer: Iterable[bytes] = WSGIHandler()(request, start_response)
        return status, b"".join(answer)


@pytest.mark.parametrize("announced", [str(limits.BODY_BYTES_MAX + 1), "9" * 5000], ids=["one", "absurd"])
def test_a_body_that_announces_too_much_is_refused_unread(announced: str) -> None:
    status, answer = post("/api/length", Unread(), CONTENT_LENGTH=announced)
    assert status == 413
    assert b'"body_too_large"' in answer


def test_a_body_of_the_largest_size_is_read() -> None:
    body = b"x" * limits.BODY_BYTES_MAX
    status, answer = post("/api/length", io.BytesIO(body), CONTENT_LENGTH=str(len(body)))
    assert (status, answer) == (200, str(len(body)).encode())


def test_a_body_in_chunks_is_read_to_its_end() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert post("/api/length", io.BytesIO(b"x" * 1000), **chunked) == (200, b"1000")


def test_a_body_in_chunks_is_read_no_further_than_the_bound() -> None:
    body = io.BytesIO(b"x" * (10 * limits.BODY_BYTES_MAX))
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    status, _ = post("/api/length", body, **chunked)
    assert status == 413
    assert body.tell() == limits.BODY_BYTES_MAX + 1


def test_a_body_of_unknown_length_and_end_is_not_read() -> None:
    assert post("/api/length", Unread(), CONTENT_LENGTH="nonsense") == (200, b"0")


def test_pages_are_left_to_django() -> None:
    size = limits.BODY_BYTES_MAX + 1
    assert post("/length", io.BytesIO(b"x" * size), CONTENT_LENGTH=str(size))[0] == 200
