"""How pages say no: one mechanism for refusals, and for a database or Redis that is gone.

`/api/` is not a page: its refusals are problem documents, made in `foundation.problems`.
"""

import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from foundation.errors import Refusal
from foundation.limits import OUTAGE_RETRY_SECONDS

logger = logging.getLogger(__name__)

OUTAGES = (OperationalError, InterfaceError, RedisError)


def site(_request: HttpRequest) -> dict[str, object]:
    """What every template may ask: whether this is an installation without real money."""
    return {"sandbox": settings.SANDBOX}


class RefusalPagesMiddleware:
    """Answers what views raise with pages: refusals in their own words and status, outages with 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django calls this with what a view raised."""
        if request.path.startswith("/api/"):
            return None
        if isinstance(error, Refusal):
            return refusal_page(request, error)
        return outage_page(error) if isinstance(error, OUTAGES) else None


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page that says no in the refusal's words."""
    return answer_refusal(render(request, "refusal.html", {"refusal": refusal}), refusal)


def answer_refusal(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    """The response with the refusal's status, and its Retry-After if it has one."""
    response.status_code = refusal.status
    if refusal.retry_after_seconds is not None:
        response["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def outage_page(error: BaseException) -> HttpResponse:
    """The page for when something that every page needs is gone. It needs neither session nor database."""
    logger.error("page.outage", extra={"error": type(error).__name__})
    response = HttpResponse(_without_request("503.html"), status=503)
    response["Retry-After"] = str(OUTAGE_RETRY_SECONDS)
    return response


def server_error(_request: HttpRequest) -> HttpResponse:
    """Django's handler500. A middleware's outage ends here: process_exception sees only what views raise."""
    error = sys.exc_info()[1]
    if isinstance(error, OUTAGES):
        return outage_page(error)
    return HttpResponse(_without_request("500.html"), status=500)


def _without_request(template: str) -> str:
    return render_to_string(template, {"sandbox": settings.SANDBOX})
