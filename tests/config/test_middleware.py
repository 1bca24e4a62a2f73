"""What each request and answer carries."""

import uuid

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from structlog.testing import capture_logs

from config import urls


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def fail(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("api/hello", hello),
    path("accounts/hello", hello),
    path("hello", hello),
    path("admin/hello", hello),
    path("fail", fail),
    *urls.urlpatterns,
]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("given", ["abc-DEF_12345", "a" * 8, "a" * 64, str(uuid.uuid4())], ids=range(4))
def test_a_safe_request_id_is_kept(client: Client, given: str) -> None:
    with capture_logs() as lines:
        assert client.get("/hello", headers={"X-Request-ID": given})["X-Request-ID"] == given
    assert lines


@pytest.mark.parametrize(
    "given",
    ["", "short", "a" * 65, "a b c d e f g h", 'x","level":"', "äöüäöüäöü", "12345678\nforged"],
    ids=range(7),
)
def test_any_other_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/hello", headers={"X-Request-ID": given})["X-Request-ID"]
    assert answered != given
    assert str(uuid.UUID(answered)) == answered


def test_a_request_is_logged_without_its_query(client: Client) -> None:
    with capture_logs() as lines:
        client.get("/hello?session_id=hush")
    finished = [line for line in lines if line["event"] == "request_finished"]
    assert [line["request"] for line in finished] == ["GET /hello"]
    assert "hush" not in str(lines)


def test_pages_have_a_strict_policy(client: Client) -> None:
    answer = client.get("/hello")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_the_policy_is_relaxed_for_the_admin_only(client: Client) -> None:
    policy = client.get("/admin/hello")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy


def test_a_failing_page_has_the_headers_too(client: Client) -> None:
    client.raise_request_exception = False
    answer = client.get("/fail", headers={"X-Request-ID": "abcdefgh"})
    assert answer.status_code == 500
    assert answer["X-Request-ID"] == "abcdefgh"
    assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api/hello", "/accounts/hello", "/admin/hello"])
def test_what_belongs_to_one_caller_is_kept_by_no_cache(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Cache-Control"] == "private, no-store"
    assert ("Authorization" in answer.get("Vary", "")) is path.startswith("/api/")


def test_pages_are_private_to_whoever_brings_a_session(client: Client) -> None:
    assert "Cache-Control" not in client.get("/hello")
    client.cookies[settings.SESSION_COOKIE_NAME] = "any"
    assert client.get("/hello")["Cache-Control"] == "private, no-store"
