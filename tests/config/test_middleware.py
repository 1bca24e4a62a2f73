"""What each request and answer carries."""

import uuid

import pytest
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import path
from structlog.testing import capture_logs

from config import middleware, urls
from config.middleware import WEBHOOK_PATH


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


def test_a_webhook_is_answered_without_what_people_need(client: Client) -> None:
    answer = client.post(WEBHOOK_PATH, b"{}", content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_signature"
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert str(uuid.UUID(answer["X-Request-ID"])) == answer["X-Request-ID"]
    assert "Content-Security-Policy" not in answer
    assert not answer.cookies


def test_the_webhooks_lines_carry_the_request_id(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(request: HttpRequest) -> HttpResponse:
        return JsonResponse(structlog.contextvars.get_contextvars())

    monkeypatch.setattr(middleware, "stripe_webhook", tell)
    answer = client.post(
        WEBHOOK_PATH, b"{}", content_type="application/json", headers={"X-Request-ID": "from-stripe-1"}
    )
    assert answer.json() == {"request_id": "from-stripe-1"}
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.urls("config.urls")
def test_a_webhook_under_another_name_is_refused(client: Client) -> None:
    answer = client.post(
        WEBHOOK_PATH, b"{}", content_type="application/json", headers={"Host": "elsewhere.example.com"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


@pytest.mark.urls("config.urls")
def test_a_webhook_that_breaks_is_a_problem_with_the_request_id(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "stripe_webhook", fail)
    client.raise_request_exception = False
    answer = client.post(
        WEBHOOK_PATH, b"{}", content_type="application/json", headers={"X-Request-ID": "abcdefgh"}
    )
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert answer["X-Request-ID"] == "abcdefgh"


def test_a_page_at_the_webhooks_address_is_refused_as_anywhere(client: Client) -> None:
    assert client.get(WEBHOOK_PATH).status_code == 405
