"""What each request gets: an id, a log line, and a content policy that is relaxed for the admin only."""

import re
import uuid
from collections.abc import Callable
from typing import cast

import structlog
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_structlog.middlewares import RequestMiddleware

from payments.webhooks import stripe_webhook

GetResponse = Callable[[HttpRequest], HttpResponseBase]
WEBHOOK_PATH = "/api/stripe/webhook"
PRIVATE_PATHS = ("/api/", "/accounts/", "/admin/")
SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class RequestIdMiddleware:
    """Keeps a request id that has a safe form, else makes one, and gives it back in the answer.

    The id is written into log lines and sent on to tasks, so that nothing else may be smuggled in with it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if SAFE_REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class WebhookMiddleware:
    """Answers Stripe's deliveries here: what stands further in is for people, and takes longer than the view.

    They carry neither session nor form, and their answers are shown in no browser. What the view raises is
    answered as anywhere under /api/. The view's own line in the log is the request's.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.deliver = cast(Callable[[HttpRequest], HttpResponse], convert_exception_to_response(_deliver))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a delivery; pass everything else on."""
        if request.path_info != WEBHOOK_PATH or request.method != "POST":
            return self.get_response(request)
        with structlog.contextvars.bound_contextvars(request_id=request.META["HTTP_X_REQUEST_ID"]):
            response = self.deliver(request)
        response["Content-Length"] = str(len(response.content))
        response["Cache-Control"] = "private, no-store"
        return response


def _deliver(request: HttpRequest) -> HttpResponse:
    request.get_host()  # raises where it is not ours
    return stripe_webhook(request)


class RequestLogMiddleware(RequestMiddleware):
    """One line per request, without the query: it may hold an address or a session's id."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Name the request."""
        return f"{request.method} {request.path}"


class PrivateAnswersMiddleware:
    """Keeps what belongs to one caller out of caches, where the view says nothing of its own about them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        if request.path_info.startswith("/api/"):
            patch_vary_headers(response, ["Authorization"])
        is_private = (
            request.path_info.startswith(PRIVATE_PATHS) or settings.SESSION_COOKIE_NAME in request.COOKIES
        )
        if is_private and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class AdminContentPolicyMiddleware:
    """Relaxes the content policy under /admin/ only: its theme ships Alpine.js and inline style."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request; the policy's own middleware, further out, reads what is set here."""
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            relaxed = {"script-src": ["'unsafe-inline'", "'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
            response._csp_update = relaxed  # type: ignore[attr-defined] # noqa: SLF001 - django-csp's own way
        return response
