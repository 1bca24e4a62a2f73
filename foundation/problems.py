"""Errors of the API as problem documents (RFC 9457)."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from foundation.errors import Refusal


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal or an error of DRF's as application/problem+json."""
    if isinstance(error, Refusal):
        body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}
        return Response(
            {**body, "code": error.code, **error.members},
            status=error.status,
            content_type="application/problem+json",
        )
    return drf_exception_handler(error, context)
