"""Queues, timetable, and what a broker that is gone may cost."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from celery.beat import ScheduleEntry
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings
from django_celery_beat.models import PeriodicTask
from structlog.contextvars import bound_contextvars

from config.celery import QUEUES, ROUTES, TIMETABLE, app
from config.signs_of_life import BEAT_SIGN, SIGNS, Timekeeper, version
from foundation.ids import new_id


@pytest.fixture(scope="module")
def registered() -> set[str]:
    app.autodiscover_tasks(force=True)
    return set(app.tasks)


def test_every_scheduled_task_is_registered(registered: set[str]) -> None:
    assert {entry["task"] for entry in TIMETABLE.values()} <= registered


def test_every_route_leads_a_registered_task_to_a_queue(registered: set[str]) -> None:
    assert {route["queue"] for route in ROUTES.values()} <= set(QUEUES)
    for pattern in ROUTES:
        prefix = pattern.removesuffix("*")
        assert any(name.startswith(prefix) for name in registered), pattern


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("mirror.deliver", "mirror"),
        ("mirror.scan", "default"),
        ("mirror.prune", "default"),
        ("payments.sync_stripe_objects", "stripe_sync"),
        ("payments.process_inbox", "default"),
        ("security.watch", "default"),
    ],
)
def test_tasks_wait_in_their_queues(task: str, queue: str) -> None:
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_the_mirror_is_served_first_and_the_copy_of_stripe_last() -> None:
    assert list(app.amqp.queues) == ["mirror", "default", "stripe_sync"]
    assert app.conf.broker_transport_options["queue_order_strategy"] == "priority"


def test_a_run_that_nobody_started_in_time_is_dropped() -> None:
    for line in TIMETABLE.values():
        assert line["options"]["expire_seconds"] == line["schedule"].total_seconds()


def test_a_worker_that_dies_leaves_its_task_to_another() -> None:
    assert app.conf.task_acks_late is app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1


def test_a_task_ends_before_it_is_delivered_again() -> None:
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]


@pytest.mark.django_db(transaction=True)
def test_the_timetable_is_written_to_the_database_where_staff_see_it() -> None:
    scheduler = Timekeeper(app=app, lazy=True)
    scheduler.setup_schedule()
    written = {task.name: task for task in PeriodicTask.objects.all()}
    assert set(written) == set(TIMETABLE)
    assert written["mirror.deliver"].expire_seconds == 5
    entry = scheduler.schedule["mirror.deliver"]
    assert isinstance(entry, ScheduleEntry)
    assert entry.options == {**(entry.options or {}), "expires": 5}


@pytest.mark.django_db(transaction=True)
def test_beat_leaves_a_sign_of_life_and_goes_on_without_redis() -> None:
    caches[SIGNS].clear()
    beat = Timekeeper(app=app, lazy=True)
    beat.setup_schedule()
    beat.tick()
    assert caches[SIGNS].get(BEAT_SIGN) == settings.VERSION
    with override_settings(
        CACHES={**settings.CACHES, SIGNS: {**settings.CACHES[SIGNS], "LOCATION": "redis://127.0.0.1:9"}}
    ):
        assert beat.tick() >= 0


def test_a_worker_tells_its_version() -> None:
    assert version(None) == {"version": settings.VERSION}


TASK = """
from config.celery import app

@app.task(name="tests.note")
def note(key):
    import redis
    from django.conf import settings
    from structlog.contextvars import get_contextvars
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.rpush(key, get_contextvars().get("request_id", ""))
"""


@pytest.fixture
def broker() -> str:
    """A database of Redis' that no other test writes to."""
    parts = urlsplit(settings.REDIS_URL)
    return urlunsplit(parts._replace(path=f"/{(int(parts.path[1:] or 0) + 8) % 16}"))


@pytest.fixture
def worker(tmp_path: Path, broker: str) -> Iterator[Path]:
    """A real worker, with a task of the test's own beside the product's; gives its log."""
    (tmp_path / "worker_of_test.py").write_text(TASK)
    environment = {**os.environ, "REDIS_URL": broker, "PYTHONPATH": f"{tmp_path}:{settings.BASE_DIR}"}
    command = ["-m", "celery", "-A", "config", "worker", "--pool", "solo", "--include", "worker_of_test"]
    log = tmp_path / "worker.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command, "--without-gossip", "--without-mingle"],
            env=environment,
            cwd=settings.BASE_DIR,
            stderr=file,
        )
        yield log
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def test_a_requests_id_reaches_the_task_that_it_causes(worker: Path, broker: str) -> None:
    key = f"tests-{new_id()}"
    with bound_contextvars(request_id="request-1"), app.connection_for_write(broker) as connection:
        app.send_task("tests.note", [key], connection=connection)
    with redis.Redis.from_url(broker, socket_timeout=90) as client:
        assert client.blpop([key], timeout=60) == (key.encode(), b"request-1"), worker.read_text()
