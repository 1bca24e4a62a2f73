"""Refuses API requests whose body is too large, before anything reads it."""

import io
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from foundation import limits
from foundation.errors import BodyTooLarge
from foundation.problems import API_PREFIX, problem_response


class ApiBodyLimitMiddleware:
    """Answers 413 under /api/, where Django itself would read on or answer 400.

    A body that announces its length is refused by it. One that does not (chunked) is read up to the bound;
    Django would take it for empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, or refuse it."""
        if request.path_info.startswith(API_PREFIX) and _is_too_large(request):
            return problem_response(BodyTooLarge())
        return self.get_response(request)


def announces_more_than(bytes_max: int, content_length: str) -> bool:
    """Whether a Content-Length says that more than so many bytes follow; a number too long to read says so too."""
    if not content_length.isdecimal():
        return False
    return len(content_length) > limits.LENGTH_DIGITS_MAX or int(content_length) > bytes_max


def _is_too_large(request: HttpRequest) -> bool:
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdecimal():
        return announces_more_than(limits.BODY_BYTES_MAX, announced)
    if not request.META.get("wsgi.input_terminated"):
        return False  # nothing marks the end: Django reads nothing of it
    body = request.META["wsgi.input"].read(limits.BODY_BYTES_MAX + 1)
    request.META["CONTENT_LENGTH"] = str(len(body))
    # What Django reads the body from, in place of a stream whose end it does not know.
    request._stream = io.BytesIO(body)  # noqa: SLF001 - there is no public way
    return len(body) > limits.BODY_BYTES_MAX
