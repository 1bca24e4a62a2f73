"""Errors of the API as problem documents (RFC 9457), wherever they arise."""

import json
import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views import csrf, defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from foundation import pages
from foundation.errors import (
    BodyTooLarge,
    CsrfFailed,
    Forbidden,
    MalformedRequest,
    NotFound,
    Refusal,
    ServerError,
    ServiceUnavailable,
)
from foundation.limits import OUTAGE_RETRY_SECONDS

logger = structlog.get_logger(__name__)
API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
CODES = {
    exceptions.ParseError: "malformed_request",
    exceptions.AuthenticationFailed: "authentication_failed",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.PermissionDenied: "permission_denied",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
}
# What Django's own errors mean; the first that fits.
MEANINGS: dict[type[Exception], type[Refusal]] = {
    Http404: NotFound,
    PermissionDenied: Forbidden,
    RequestDataTooBig: BodyTooLarge,
    SuspiciousOperation: MalformedRequest,
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal, or an error of DRF's or Django's, as a problem document; leave bugs to Django."""
    if refusal := _as_refusal(error):
        return Response(
            problem(refusal),
            status=refusal.status,
            headers=_headers(refusal),
            content_type=CONTENT_TYPE,
        )
    response = drf_exception_handler(error, context)  # it adds Retry-After and WWW-Authenticate
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = _problem_of_drf(error)
        response.content_type = CONTENT_TYPE
    return response


def problem(refusal: Refusal) -> dict[str, Any]:
    """Describe a refusal: type, title, status, detail, code and its further members."""
    return {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        **refusal.members,
    }


def problem_response(refusal: Refusal) -> HttpResponse:
    """Answer with a problem document where DRF is not at hand."""
    body = json.dumps(problem(refusal), default=str)
    return HttpResponse(body, status=refusal.status, headers=_headers(refusal), content_type=CONTENT_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a problem under /api/, else the site's page."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    too_large = isinstance(exception, RequestDataTooBig)
    return problem_response(BodyTooLarge() if too_large else MalformedRequest())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return problem_response(Forbidden())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return problem_response(NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    if not _is_api(request):
        return pages.server_error(request)
    error = sys.exc_info()[1]
    return problem_response(_unavailable(error) if isinstance(error, pages.OUTAGES) else ServerError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    if not _is_api(request):
        return csrf.csrf_failure(request, reason=reason)
    return problem_response(CsrfFailed())


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PREFIX)


def _as_refusal(error: Exception) -> Refusal | None:
    """Give the refusal that an error is or means, if it is one of ours or Django's."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, pages.OUTAGES):
        return _unavailable(error)
    if isinstance(error, exceptions.PermissionDenied) and str(error.detail).startswith("CSRF Failed"):
        return CsrfFailed(str(error.detail))
    meaning = next((refusal for kind, refusal in MEANINGS.items() if isinstance(error, kind)), None)
    return meaning() if meaning else None


def _unavailable(error: BaseException) -> Refusal:
    logger.error("api.outage", error=type(error).__name__)
    return ServiceUnavailable(retry_after_seconds=OUTAGE_RETRY_SECONDS)


def _headers(refusal: Refusal) -> dict[str, str]:
    seconds = refusal.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}


def _problem_of_drf(error: exceptions.APIException) -> dict[str, Any]:
    """Describe an error of DRF's; `errors` names each wrong field and what is wrong with it."""
    members: dict[str, Any]
    if isinstance(error, exceptions.ValidationError):
        code, detail = "invalid_request", "The request's fields are missing or wrong: see `errors`."
        members = {"errors": error.detail}
    else:
        code = next((code for kind, code in CODES.items() if isinstance(error, kind)), error.default_code)
        given = getattr(error.detail, "code", error.default_code)
        if given != error.default_code:  # whoever raised it knew better
            code = given
        detail, members = str(error.detail), {}
    return {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": detail,
        "code": code,
        **members,
    }
