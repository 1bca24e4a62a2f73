"""What a DRF view calls to answer a POST once per caller's key."""

import json
from collections.abc import Callable
from datetime import datetime

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from foundation.services import idempotency
from foundation.services.idempotency import Answer

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"


def answer_once(request: Request, *, owner: str, now: datetime, work: Callable[[], Answer]) -> Response:
    """Do the work once for the request's key, and answer; a repetition is marked by a header.

    :param owner: whose key it is, such as `user:<id>` or `service:<id>`
    :param work: calls one service and gives the status and the body, as serializers give it
    :raises Refusal: the codes of `foundation.services.idempotency.run_once`, and those of the work
    """
    answer = idempotency.run_once(
        owner=owner,
        key=request.headers.get(KEY_HEADER, "").strip(),
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
    return Answer(answer.status, json.loads(json.dumps(answer.body, cls=JSONEncoder)))
