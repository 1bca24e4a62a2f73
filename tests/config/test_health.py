"""Whether the process lives, and whether the installation can serve."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from config import health, limits
from mirror.services.outbox import mark_stale
from payments.models import InboxEvent


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    health.side_systems.forget()
    yield
    health.side_systems.forget()


def readiness(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


def test_the_process_lives_without_anything_else(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "alive", "version": "development"})


@pytest.mark.django_db
def test_an_installation_with_everything_is_ready(client: Client) -> None:
    deadline = time.monotonic() + 60  # the first connection to Firestore takes its time
    while readiness(client)[1]["status"] != "ready" and time.monotonic() < deadline:
        health.side_systems.forget()
    assert readiness(client) == (
        200,
        {
            "status": "ready",
            "checks": dict.fromkeys(
                ["database", "mirror_backlog", "inbox_backlog", "redis", "firestore", "stripe"], "ok"
            ),
        },
    )


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["tokens.example.com"])
def test_probes_come_over_plain_http_under_any_name(client: Client) -> None:
    assert client.get("/readyz", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.fixture
def unreachable_database(django_db_blocker: Any) -> Iterator[None]:
    """A database whose server is gone: nothing listens on its socket."""
    with django_db_blocker.unblock():
        connection.close()
        before = dict(connection.settings_dict["OPTIONS"])
        connection.settings_dict["OPTIONS"] |= {"host": "/nowhere"}
        yield
        connection.settings_dict["OPTIONS"] = before


@pytest.mark.usefixtures("unreachable_database")
def test_without_the_database_the_installation_is_unavailable(client: Client) -> None:
    assert readiness(client) == (503, {"status": "unavailable", "checks": {"database": "unavailable"}})


@pytest.fixture
def silent_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.mark.django_db
def test_without_redis_it_is_degraded(client: Client) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        status, body = readiness(client)
    assert (status, body["status"], body["checks"]["redis"]) == (200, "degraded", "degraded")
    assert body["checks"]["database"] == "ok"


@pytest.mark.django_db
def test_a_redis_that_never_answers_holds_nobody_up(client: Client, silent_server: int) -> None:
    started = time.monotonic()
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{silent_server}/0"):
        _, body = readiness(client)
    assert body["checks"]["redis"] == "degraded"
    assert time.monotonic() - started < 2


@pytest.mark.django_db
def test_without_stripe_it_is_degraded(client: Client) -> None:
    with override_settings(STRIPE_API_BASE="http://127.0.0.1:9"):
        assert readiness(client)[1]["checks"]["stripe"] == "degraded"


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://stripe.test/base", ("stripe.test", 443)),
        ("http://stripe.test", ("stripe.test", 80)),
        ("http://stripe.test:9000", ("stripe.test", 9000)),
    ],
)
def test_the_port_follows_the_address_of_the_stand_in(base: str, address: tuple[str, int]) -> None:
    assert health.stripe_address(base) == address


def test_without_a_stand_in_stripe_itself_is_looked_at() -> None:
    assert health.stripe_address("") == ("api.stripe.com", 443)


def seconds_later(seconds: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "told"), [(0, "ok"), (2 * limits.BACKLOG_SECONDS_MAX, "degraded")])
def test_what_waits_too_long_for_the_mirror_is_told(client: Client, seconds: float, told: str) -> None:
    mark_stale(kind="wallet", subject_id="alice")
    with seconds_later(seconds):
        assert readiness(client)[1]["checks"]["mirror_backlog"] == told


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "told"), [(0, "ok"), (2 * limits.BACKLOG_SECONDS_MAX, "degraded")])
def test_an_event_that_waits_too_long_is_told(client: Client, seconds: float, told: str) -> None:
    InboxEvent.objects.create(
        stripe_event_id="evt_1",
        type="x",
        payload={},
        stripe_created_at=timezone.now(),
        received_at=timezone.now(),
    )
    with seconds_later(seconds):
        assert readiness(client)[1]["checks"]["inbox_backlog"] == told


def test_an_answer_is_not_asked_for_again_at_once() -> None:
    asked = []

    def look() -> bool:
        asked.append(1)
        return True

    systems = health.SideSystems({"redis": look})
    assert [systems.look() for _ in range(5)] == [{"redis": True}] * 5
    assert len(asked) == 1
    systems.forget()
    systems.look()
    assert len(asked) == 2


def test_one_that_hangs_is_degraded_and_asked_once() -> None:
    asked, go_on = [], threading.Event()

    def hang() -> bool:
        asked.append(1)
        return go_on.wait(30)

    systems = health.SideSystems({"stripe": hang, "redis": lambda: True})
    started = time.monotonic()
    assert systems.look() == {"stripe": False, "redis": True}
    assert systems.look() == {"stripe": False, "redis": True}
    assert time.monotonic() - started < 2 * limits.PROBES_SECONDS_MAX + 1
    assert len(asked) == 1
    go_on.set()
