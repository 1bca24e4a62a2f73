"""Every error of the API is a problem document with a stable code."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from rest_framework import exceptions, permissions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from config import urls
from foundation import limits
from foundation.errors import Refusal


class TeapotOnly(Refusal):
    code = "teapot_only"
    status = 418
    title = "Only tea here."


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> None:
        if request.headers.get("Authorization") == "Bearer wrong":
            raise exceptions.AuthenticationFailed
        if request.headers.get("Authorization") == "Session":
            raise exceptions.PermissionDenied("CSRF Failed: CSRF token missing.")

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class AmountSerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(min_value=1)


class AmountView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        serializer = AmountSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)


class PrivateView(APIView):
    authentication_classes = (BearerAuthentication,)
    permission_classes = (permissions.IsAuthenticated,)

    def post(self, request: Request) -> Response:
        return Response()


ERRORS: dict[str, Callable[[], Exception]] = {
    "refusal": lambda: TeapotOnly("No coffee.", retry_after_seconds=7, available=3),
    "missing": Http404,
    "forbidden": PermissionDenied,
    "big": RequestDataTooBig,
    "suspicious": lambda: SuspiciousOperation("odd"),
    "throttled": lambda: exceptions.Throttled(wait=12),
    "conflict": lambda: exceptions.APIException("odd", code="odd"),
    "unnamed": exceptions.APIException,
    "outage": lambda: OperationalError("the server is gone"),
    "bug": lambda: ZeroDivisionError("secret detail"),
}


class RaisingView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, name: str) -> Response:
        error = ERRORS[name]()
        raise error


def raise_plainly(request: HttpRequest, name: str) -> HttpResponse:
    error = ERRORS[name]()
    raise error


@csrf_protect
def protected(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns = [
    path("api/amount", AmountView.as_view()),
    path("api/private", PrivateView.as_view()),
    path("api/raise/<name>", RaisingView.as_view()),
    path("api/plain/<name>", raise_plainly),
    path("plain/<name>", raise_plainly),
    path("api/protected", protected),
    path("protected", protected),
    *urls.urlpatterns,  # the pages of errors link to the site's
]
handler400 = "foundation.problems.bad_request"
handler403 = "foundation.problems.permission_denied"
handler404 = "foundation.problems.page_not_found"
handler500 = "foundation.problems.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def api() -> APIClient:
    return APIClient(raise_request_exception=False)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == "about:blank"
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    assert body["detail"]
    return body


def test_a_refusal_is_told_with_its_members_and_when_to_come_back(api: APIClient) -> None:
    answer = api.get("/api/raise/refusal")
    body = assert_problem(answer, 418, "teapot_only")
    assert body["title"] == "Only tea here."
    assert body["detail"] == "No coffee."
    assert body["available"] == 3
    assert answer["Retry-After"] == "7"


def test_an_invalid_field_is_named(api: APIClient) -> None:
    body = assert_problem(api.post("/api/amount", {"amount": 0}, "json"), 400, "invalid_request")
    assert list(body["errors"]) == ["amount"]


def test_a_missing_field_is_named(api: APIClient) -> None:
    body = assert_problem(api.post("/api/amount", {}, "json"), 400, "invalid_request")
    assert body["errors"] == {"amount": ["This field is required."]}


def test_a_body_that_is_no_json_is_malformed(api: APIClient) -> None:
    answer = api.post("/api/amount", b"{amount", content_type="application/json")
    assert_problem(answer, 400, "malformed_request")


def test_another_media_type_is_refused(api: APIClient) -> None:
    answer = api.post("/api/amount", b"<amount>1</amount>", content_type="text/xml")
    assert_problem(answer, 415, "unsupported_media_type")


def test_another_method_is_refused(api: APIClient) -> None:
    answer = api.delete("/api/amount")
    assert_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


def test_an_answer_in_another_form_is_not_acceptable(api: APIClient) -> None:
    answer = api.post("/api/amount", {"amount": 1}, "json", headers={"Accept": "text/html"})
    assert_problem(answer, 406, "not_acceptable")


def test_a_caller_without_credentials_is_told_which_would_do(api: APIClient) -> None:
    answer = api.post("/api/private", {"amount": 1}, "json")
    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_bad_credentials_are_told_apart_from_none(api: APIClient) -> None:
    answer = api.post("/api/private", {"amount": 1}, "json", headers={"Authorization": "Bearer wrong"})
    assert_problem(answer, 401, "authentication_failed")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_without_the_csrf_token_has_its_own_code(api: APIClient) -> None:
    answer = api.post("/api/private", {"amount": 1}, "json", headers={"Authorization": "Session"})
    assert "CSRF token missing" in assert_problem(answer, 403, "csrf_failed")["detail"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("forbidden", 403, "permission_denied"),
        ("big", 413, "body_too_large"),
        ("suspicious", 400, "malformed_request"),
        ("throttled", 429, "rate_limited"),
        ("conflict", 500, "odd"),
        ("unnamed", 500, "error"),
        ("outage", 503, "service_unavailable"),
        ("bug", 500, "server_error"),
    ],
)
def test_errors_in_an_api_view(api: APIClient, name: str, status: int, code: str) -> None:
    assert_problem(api.get(f"/api/raise/{name}"), status, code)


def test_a_throttled_caller_is_told_when_to_come_back(api: APIClient) -> None:
    assert api.get("/api/raise/throttled")["Retry-After"] == "12"


def test_an_outage_is_to_be_tried_again(api: APIClient) -> None:
    assert api.get("/api/raise/outage")["Retry-After"] == str(limits.OUTAGE_RETRY_SECONDS)


def test_a_bug_is_answered_without_its_details(api: APIClient) -> None:
    assert b"secret detail" not in api.get("/api/raise/bug").content


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("forbidden", 403, "permission_denied"),
        ("big", 413, "body_too_large"),
        ("suspicious", 400, "malformed_request"),
        ("outage", 503, "service_unavailable"),
        ("bug", 500, "server_error"),
    ],
)
def test_errors_under_the_api_but_outside_its_views(
    api: APIClient, name: str, status: int, code: str
) -> None:
    assert_problem(api.get(f"/api/plain/{name}"), status, code)


def test_an_unknown_address_under_the_api(api: APIClient) -> None:
    assert_problem(api.get("/api/nowhere"), 404, "not_found")


@pytest.mark.parametrize(
    ("name", "status"),
    [("missing", 404), ("forbidden", 403), ("suspicious", 400), ("bug", 500), ("outage", 503)],
)
def test_errors_of_pages_are_pages(api: APIClient, name: str, status: int) -> None:
    answer = api.get(f"/plain/{name}")
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")


def test_a_form_without_the_csrf_token_under_the_api_is_a_problem() -> None:
    assert_problem(Client(enforce_csrf_checks=True).post("/api/protected"), 403, "csrf_failed")


@override_settings(DEBUG=False)
def test_a_form_without_the_csrf_token_on_a_page_is_a_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/protected")
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/html")
