"""Describes the API's problem documents to drf-spectacular, so that no answer goes undocumented."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from foundation.errors import (
    BodyTooLarge,
    CsrfFailed,
    Forbidden,
    MalformedRequest,
    Refusal,
    ServiceUnavailable,
)
from foundation.problems import CONTENT_TYPE

Responses = dict[tuple[int, str], OpenApiResponse]


class ProblemSerializer(serializers.Serializer[Mapping[str, Any]]):
    """An error (RFC 9457). Programs go by `code`; people read `title` and `detail`."""

    type = serializers.CharField(help_text="Always `about:blank`: the code says which problem it is.")
    title = serializers.CharField()
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, in snake case.")


class _NotAuthenticated(Refusal):
    code, status, title = "not_authenticated", 401, "There are no credentials."


class _InvalidRequest(Refusal):
    code, status, title = "invalid_request", 400, "Fields are missing or wrong: see `errors`."


class _MethodNotAllowed(Refusal):
    code, status, title = "method_not_allowed", 405, "This address has no such method."


class _NotAcceptable(Refusal):
    code, status, title = "not_acceptable", 406, "The answer would be JSON, which `Accept` excludes."


class _UnsupportedMediaType(Refusal):
    code, status, title = "unsupported_media_type", 415, "The body must be `application/json`."


class _RateLimited(Refusal):
    code, status, title = "rate_limited", 429, "That was too often: `Retry-After` says when to come back."


ANY_CALL: tuple[type[Refusal], ...] = (
    _MethodNotAllowed,
    _NotAcceptable,
    _RateLimited,
    BodyTooLarge,
    ServiceUnavailable,
)
WITH_CREDENTIALS: tuple[type[Refusal], ...] = (_NotAuthenticated, Forbidden)
WITH_PARAMETERS: tuple[type[Refusal], ...] = (_InvalidRequest,)
WITH_BODY: tuple[type[Refusal], ...] = (MalformedRequest, _InvalidRequest, _UnsupportedMediaType, CsrfFailed)


def problems(*refusals: type[Refusal]) -> Responses:
    """What `extend_schema(responses=…)` needs to describe these refusals, beside those of any call."""
    by_status: dict[int, dict[str, str]] = {}
    for refusal in (*ANY_CALL, *refusals):
        by_status.setdefault(refusal.status, {})[refusal.code] = refusal.title
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=_describe(status, titles))
        for status, titles in sorted(by_status.items())
    }


def _describe(status: int, titles: dict[str, str]) -> str:
    listed = "".join(f"\n* `{code}`: {title}" for code, title in titles.items())
    return f"{HTTPStatus(status).phrase}\n{listed}"
