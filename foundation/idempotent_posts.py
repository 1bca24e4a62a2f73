"""What a DRF view calls to answer a POST once per caller's key."""

import json
from collections.abc import Callable
from datetime import datetime

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from foundation.errors import (
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    Refusal,
)
from foundation.limits import IDEMPOTENCY_KEY_LENGTH_MAX
from foundation.services import idempotency
from foundation.services.idempotency import Answer

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"

# What `extend_schema` needs to describe such a POST.
KEY_PARAMETERS = [
    OpenApiParameter(
        KEY_HEADER,
        {"type": "string", "maxLength": IDEMPOTENCY_KEY_LENGTH_MAX, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        OpenApiParameter.HEADER,
        required=True,
        description="The caller's own: the same key and body get the same answer.",
        examples=[OpenApiExample("A UUID", "0b9b6e3c-7d1f-4f0e-9f3a-3f8f1f6f7a10")],
    ),
    OpenApiParameter(
        REPLAYED_HEADER,
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        response=[200, 201],
        description="Present if this is the answer that an earlier request with this key got.",
    ),
]
KEY_REFUSALS: tuple[type[Refusal], ...] = (
    IdempotencyKeyMissing,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    IdempotencyKeyInUse,
)


def key_of(request: Request) -> str:
    """The request's key; empty without one."""
    return request.headers.get(KEY_HEADER, "").strip()


def answer_once(request: Request, *, owner: str, now: datetime, work: Callable[[], Answer]) -> Response:
    """Do the work once for the request's key, and answer; a repetition is marked by a header.

    :param owner: whose key it is, such as `user:<id>` or `service:<id>`
    :param work: calls one service and gives the status and the body, as serializers give it; it may find that an
        earlier request, which was never answered, has done it
    :raises Refusal: the codes of `foundation.services.idempotency.run_once`, and those of the work
    """
    answer = idempotency.run_once(
        owner=owner,
        key=key_of(request),
        request=canonical(request),
        now=now,
        work=lambda: _as_json(work()),
    )
    headers = {REPLAYED_HEADER: "true"} if answer.replayed else {}
    return Response(answer.body, status=answer.status, headers=headers)


def canonical(request: Request) -> bytes:
    """Give what makes two requests the same: method, path and body, whatever the order of its members."""
    parts = [request.method, request.path, request.data]
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), cls=JSONEncoder).encode()


def _as_json(answer: Answer) -> Answer:
    """Give the answer as it will be stored, so that the first and the repeated one are the same."""
    return Answer(answer.status, json.loads(json.dumps(answer.body, cls=JSONEncoder)), answer.replayed)
