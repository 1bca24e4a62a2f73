"""The way of every `/v1/…` request: count, authenticate, fail on order, replay or work, expand, answer."""

import base64
import binascii
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe import forms
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import ApiError, InvalidApiKey
from sandbox.stripe.expansion import expand
from sandbox.stripe.failures import Failure
from sandbox.stripe.idempotency import KeptAnswer, fingerprint_of
from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import API_VERSION, Origin, StripeObject
from sandbox.stripe.messages import ConnectionLost, Request, Response, Route, Routes
from sandbox.stripe.params import Params
from sandbox.stripe.requests import SeenRequest

_TEST_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9]{24,}\Z")
_BODY_SHOWN = 4_000
#: What Stripe calls the errors of a status, as type and code; the rest are api_error.
_FAILURES: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", None),
    402: ("card_error", "card_declined"),
    403: ("invalid_request_error", None),
    404: ("invalid_request_error", "resource_missing"),
    409: ("idempotency_error", "idempotency_key_in_use"),
    429: ("invalid_request_error", "rate_limit"),
}


@dataclass(frozen=True)
class Call:
    """One authenticated API request, as its handler sees it."""

    params: Params
    path: dict[str, str]
    origin: Origin


ApiHandler = Callable[[Sandbox, Call], StripeObject]
ApiRoute = Route[ApiHandler]


class Api:
    """Answers API requests; nothing but `ConnectionLost` gets out as an exception."""

    def __init__(self, sandbox: Sandbox, routes: list[ApiRoute]) -> None:
        self._sandbox = sandbox
        self._routes: Routes[ApiHandler] = Routes(routes)

    def answer(self, request: Request) -> Response:
        """Answer one request and remember it.

        Raises:
            ConnectionLost: a control ordered it.
        """
        request_id = new_id("request")
        status = 0
        try:
            response = self._answer(request, request_id)
            status = response.status
        finally:
            self._sandbox.requests.add(
                SeenRequest(
                    method=request.method,
                    path=request.path,
                    status=status,
                    request_id=request_id,
                    idempotency_key=request.headers.get("idempotency-key"),
                    body=request.body[:_BODY_SHOWN].decode(errors="replace"),
                )
            )
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        try:
            key = authenticate(request.headers.get("authorization", ""))
            _check_version(request.headers.get("stripe-version"))
            failure = self._sandbox.failures.take(request.method, request.path)
            idempotency_key = request.headers.get("idempotency-key") if request.method == "POST" else None
            origin = Origin(request_id, idempotency_key)
            if not idempotency_key:
                return self._work(request, origin, key, failure)
            self._sandbox.idempotency.enter(key, idempotency_key)
            try:
                return self._work(request, origin, key, failure)
            finally:
                self._sandbox.idempotency.leave(key, idempotency_key)
        except ApiError as error:
            return _response(error.status, json.dumps(error.envelope()), request_id)

    def _work(self, request: Request, origin: Origin, key: str, failure: Failure | None) -> Response:
        _fail_before(failure)
        decoded = forms.decode(request.body if request.method == "POST" else request.query.encode())
        assert origin.request_id is not None
        with self._sandbox.store.transaction():
            fingerprint = fingerprint_of(request.method, request.path, decoded)
            kept = None
            if origin.idempotency_key:
                kept = self._sandbox.idempotency.find(key, origin.idempotency_key, fingerprint)
            if kept is not None:
                response = _replayed(kept, origin)
            else:
                body = self._handle(request, decoded, origin)
                if origin.idempotency_key:
                    answer = KeptAnswer(200, body, origin.request_id)
                    self._sandbox.idempotency.keep(key, origin.idempotency_key, fingerprint, answer)
                response = _response(200, body, origin.request_id, origin.idempotency_key)
        if failure is not None and failure.kind == "reset_after":
            raise ConnectionLost
        return response

    def _handle(self, request: Request, decoded: dict[str, Any], origin: Origin) -> str:
        found = self._routes.find(request.method, request.path)
        if found is None:
            message = f"Unrecognized request URL ({request.method}: {request.path})."
            raise ApiError(message, status=404)
        route, path = found
        params = Params(decoded)
        paths = params.texts("expand")
        shown = route.handler(self._sandbox, Call(params, path, origin))
        params.finish()
        if paths:
            shown = expand(self._sandbox.store, shown, paths)
        self._sandbox.journal.record(shown)
        return json.dumps(shown)


def authenticate(header: str) -> str:
    """Return the key of an `Authorization` header, Bearer or Basic.

    Raises:
        InvalidApiKey: none, a live one, or one that is no test key of the right shape.
    """
    scheme, _, value = header.partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise InvalidApiKey("You did not provide an API key. Use the Authorization header: Bearer sk_test_…")
    if key.startswith(("sk_live_", "rk_live_")):
        raise InvalidApiKey("This is a sandbox: it refuses live keys. No money moves here.")
    if not _TEST_KEY.match(key):
        raise InvalidApiKey(f"Invalid API Key provided: {'*' * 8}{key[-4:]}")
    return key


def _check_version(version: str | None) -> None:
    if version is not None and version != API_VERSION:
        message = f"Invalid Stripe API version: {version}. This sandbox speaks {API_VERSION} only."
        raise ApiError(message)


def _fail_before(failure: Failure | None) -> None:
    if failure is None:
        return
    time.sleep(failure.seconds)
    if failure.kind == "reset":
        raise ConnectionLost
    if failure.kind == "status":
        kind, code = _FAILURES.get(failure.status, ("api_error", None))
        raise ApiError("This request fails on order.", status=failure.status, kind=kind, code=code)


def _response(status: int, body: str, request_id: str, idempotency_key: str | None = None) -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
        headers["Original-Request"] = request_id
    return Response(status, body.encode(), headers=headers)


def _replayed(kept: KeptAnswer, origin: Origin) -> Response:
    assert origin.request_id is not None
    response = _response(kept.status, kept.body, origin.request_id, origin.idempotency_key)
    response.headers.update({"Idempotent-Replayed": "true", "Original-Request": kept.request_id})
    return response
