"""/metrics: who is told, what is told, and what a database in trouble leaves of it."""

import http.client
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from config import limits, metrics
from config.celery import TIMETABLE
from config.tasks import log_measures
from sandbox.demo.product import start_web
from sandbox.processes import Child, free_port, wait_until_ready
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert
from tests.config.settings_file import PRODUCTION, read_settings
from tests.support.promised import MEASURES, MEASURES_BESIDE
from tests.support.scrape import scraped
from tests.support.webhook import URL, post

TOKEN = "token-of-the-test-0123456789"


@pytest.fixture(autouse=True)
def _token() -> Iterator[None]:
    with override_settings(METRICS_TOKEN=TOKEN):
        yield


def scrape(client: Client, **headers: str) -> Any:
    return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        TOKEN,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}0",
        f"bearer {TOKEN}",
        "Bearer é",
    ],
)
def test_without_the_token_the_page_does_not_exist(client: Client, authorization: str) -> None:
    nowhere = client.get("/nowhere", headers={"Authorization": authorization})
    answer = client.get("/metrics", headers={"Authorization": authorization})
    assert answer.status_code == nowhere.status_code == 404
    assert b"purchases" not in answer.content
    assert answer.headers.keys() == nowhere.headers.keys()


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="")
@pytest.mark.parametrize("authorization", ["Bearer ", "Bearer", ""])
def test_an_installation_without_a_token_has_no_such_page(client: Client, authorization: str) -> None:
    assert client.get("/metrics", headers={"Authorization": authorization}).status_code == 404


@pytest.mark.django_db
def test_only_get_is_answered_and_no_path_below(client: Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/metrics", headers=headers).status_code == 404
    assert client.get("/metrics/x", headers=headers).status_code == 404


@pytest.mark.django_db
def test_every_measure_has_its_name_although_nothing_happened(client: Client) -> None:
    answer = scrape(client)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer["Cache-Control"] == "no-store"
    families = {
        f"{each.name}_total" if each.type == "counter" else each.name: each.type
        for each in text_string_to_metric_families(answer.content.decode())
    }
    assert families == {**MEASURES, **MEASURES_BESIDE}
    assert set(scraped(answer.content).values()) <= {0.0} | {
        value for name, value in scraped(answer.content).items() if name.startswith("webhook_seconds")
    }


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["tokens.example.com"])
def test_a_scrape_comes_over_plain_http_under_any_name(client: Client) -> None:
    assert scrape(client, Host="10.0.0.7").status_code == 200


@pytest.mark.django_db
def test_each_answer_to_a_webhook_is_timed_by_its_status(client: Client) -> None:
    name = 'webhook_seconds_count{status="400"}'
    before = scraped(scrape(client).content).get(name, 0)
    post(b"{}", None)
    assert scraped(scrape(client).content)[name] == before + 1


@pytest.mark.django_db
def test_an_answer_that_could_not_be_given_is_timed_as_500(client: Client) -> None:
    name = 'webhook_seconds_count{status="500"}'
    before = scraped(scrape(client).content).get(name, 0)
    with override_settings(STRIPE_WEBHOOK_SECRETS=None):
        assert post(b"{}", "t=1,v1=0").status_code == 500
    assert scraped(scrape(client).content)[name] == before + 1


@pytest.mark.django_db
def test_one_app_whose_rows_take_too_long_leaves_the_others(client: Client, monkeypatch: Any) -> None:
    def sleep(_now: datetime) -> list[Metric]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")
        return []

    monkeypatch.setattr(limits, "METRICS_STATEMENT_SECONDS_MAX", 1)
    monkeypatch.setattr(metrics, "ROWS", {**metrics.ROWS, "mirror": sleep})
    told = scraped(scrape(client).content)
    assert told['metrics_failed{app="mirror"}'] == 1
    assert told['metrics_failed{app="payments"}'] == 0
    assert "mirror_backlog" not in told
    assert told["purchases_paid_total"] == 0


@pytest.mark.parametrize("token", ["short", "with a space in the midst of it"])
def test_a_token_that_could_be_guessed_or_not_be_sent_stops_the_process(token: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN"):
        read_settings({**PRODUCTION, "METRICS_TOKEN": token})


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Child, int]]:
    """gunicorn with two processes, on a database that has no tables."""
    port = free_port()
    environment: Mapping[str, str] = {
        **os.environ,
        "WEB_CONCURRENCY": "2",
        "METRICS_TOKEN": TOKEN,
        "TMPDIR": str(tmp_path),
    }
    child = start_web(port, environment, tmp_path)
    try:
        wait_until_ready(child, lambda: child.output().count("Booting worker") == 2 and answers(port))
        yield child, port
    finally:
        child.stop()


def request(port: int, method: str, path: str) -> bytes:
    with_server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        with_server.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"})
        return with_server.getresponse().read()
    finally:
        with_server.close()


def answers(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz") != b""
    except OSError:
        return False


def test_whichever_process_is_asked_tells_what_all_of_them_saw(
    web: tuple[Child, int], tmp_path: Path
) -> None:
    child, port = web
    for _ in range(8):
        request(port, "POST", URL)
    told = [scraped(request(port, "GET", "/metrics")) for _ in range(12)]
    assert {each['webhook_seconds_count{status="400"}'] for each in told} == {8.0}
    assert {each['metrics_failed{app="payments"}'] for each in told} == {1.0}
    assert list(tmp_path.glob("token-economy-metrics-*"))
    child.stop()
    assert not list(tmp_path.glob("token-economy-metrics-*"))


@pytest.mark.django_db
def test_the_log_gets_each_minute_what_the_rows_say_by_plain_names() -> None:
    raise_alert(
        kind=AlertKind.MIRROR_BEHIND,
        severity=Severity.HIGH,
        dedup_key="1",
        summary="Late.",
        subject={},
        now=timezone.now(),
    )
    with capture_logs() as lines:
        log_measures()
    (line,) = lines
    assert line["event"] == "measures.taken"
    assert (line["security_alerts_total"], line["security_alerts_total_mirror_behind_high"]) == (1, 1)
    assert (line["rate_limit_false_positives_total"], line["failed_credits"]) == (0, 0)
    assert "config.log_measures" in TIMETABLE
