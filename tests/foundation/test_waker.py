"""Workers are woken after a commit, off the request, and whatever Redis does."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from celery import Celery, current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from structlog.contextvars import bound_contextvars

from config.celery import app as product_app
from foundation import limits, waker
from foundation.ids import new_id

SECONDS_MAX = 30.0


@pytest.fixture
def task_name() -> str:
    """A task of this test's own: the queue may hold other tests' wake-ups."""
    return f"tests.{new_id()}"


def published(task_name: str) -> int:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        messages = client.lrange("default", 0, -1)
    return sum(json.loads(message)["headers"]["task"] == task_name for message in messages)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_once_the_transaction_has_committed(task_name: str) -> None:
    with transaction.atomic():
        waker.wake(task_name)
        assert published(task_name) == 0
    wait_until(lambda: published(task_name) == 1)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_woken_for_what_was_rolled_back(task_name: str) -> None:
    other = f"{task_name}.after"
    with transaction.atomic():
        waker.wake(task_name)
        transaction.set_rollback(True)
    waker.wake(other)
    wait_until(lambda: published(other) == 1)
    assert published(task_name) == 0


def test_a_burst_is_told_at_its_start_and_at_its_end(task_name: str) -> None:
    publisher = waker.Publisher()
    publisher.ask(task_name)
    wait_until(lambda: published(task_name) == 1)
    publisher.ask(task_name)  # within the interval after the first
    wait_until(lambda: published(task_name) == 2)


def test_a_burst_costs_at_most_one_message_per_interval(task_name: str) -> None:
    publisher = waker.Publisher()
    started = time.monotonic()
    for _ in range(2000):
        publisher.ask(task_name)
    publisher.ask(last := f"{task_name}.last")
    wait_until(lambda: published(last) == 1)
    intervals = (time.monotonic() - started) / limits.WAKE_INTERVAL_SECONDS
    assert 1 <= published(task_name) <= intervals + 1


def test_what_nobody_waits_for_is_told_once_within_the_seconds_it_allows(task_name: str) -> None:
    publisher = waker.Publisher()
    for _ in range(3):
        publisher.ask(task_name, within_seconds=0.3)
        publisher.ask(soon := f"{task_name}.soon")
        wait_until(lambda: published(soon) > 0)
    assert published(task_name) <= 1
    wait_until(lambda: published(task_name) == 1)


def test_what_can_wait_is_told_at_once_when_somebody_asks_for_that(task_name: str) -> None:
    publisher = waker.Publisher()
    publisher.ask(task_name, within_seconds=SECONDS_MAX * 2)
    publisher.ask(task_name)
    wait_until(lambda: published(task_name) == 1)


def test_asking_from_many_threads_starts_one_publisher(task_name: str) -> None:
    publisher = waker.Publisher()
    before = threading.active_count()
    threads = [threading.Thread(target=publisher.ask, args=[task_name]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: published(task_name) >= 1)
    assert threading.active_count() <= before + 1


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A black hole: it accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def app_without_broker(closed_port: int) -> Iterator[Celery]:
    """Celery's current app, with a broker that is gone."""
    product = product_app
    app = Celery("without-broker", broker=f"redis://127.0.0.1:{closed_port}/0")
    app.conf.broker_transport_options = product.conf.broker_transport_options
    app.set_default()
    yield app
    product.set_current()
    product.set_default()


@pytest.mark.usefixtures("app_without_broker")
def test_a_publisher_outlives_an_outage_and_tells_it_once(caplog: pytest.LogCaptureFixture) -> None:
    publisher = waker.Publisher()
    for number in range(3):
        publisher.ask(f"tests.own-{number}")
        wait_until(lambda: not publisher._wanted)
        time.sleep(2 * limits.WAKE_INTERVAL_SECONDS)  # until it waits for the next ask
    assert sum("wake.failed" in text and "tests.own" in text for text in caplog.messages) == 1


WAKE_THRICE = """
import threading, time, django
import kombu.transport.redis  # or the publisher would import it while the asker is timed
django.setup()
from celery import current_app
from foundation import waker
tried, send = threading.Semaphore(0), current_app.send_task

def counted(*arguments, **options):
    try:
        return send(*arguments, **options)
    finally:
        tried.release()

current_app.send_task = counted
for _ in range(3):  # when the third was tried, what came of the first two is logged
    started = time.monotonic()
    waker._publisher.ask("mirror.deliver")
    print("asked", time.monotonic() - started)
    assert tried.acquire(timeout=30)
"""


def wake_in_a_process(port: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{port}/0", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-W", "ignore", "-c", WAKE_THRICE]
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        cwd=settings.BASE_DIR,
    )


@pytest.mark.parametrize("server", ["closed_port", "silent_server"])
def test_without_redis_the_asker_does_not_wait_and_the_outage_is_logged_once(
    server: str, request: pytest.FixtureRequest
) -> None:
    done = wake_in_a_process(request.getfixturevalue(server))
    waits = [float(line.split()[1]) for line in done.stdout.splitlines()]
    assert len(waits) == 3
    assert max(waits) < 0.1
    failures = [json.loads(line) for line in done.stderr.splitlines() if "wake.failed" in line]
    assert len(failures) == 1
    assert failures[0]["task"] == "mirror.deliver"


@pytest.mark.parametrize("server", ["closed_port", "silent_server"])
def test_a_publish_without_redis_is_bounded(server: str, request: pytest.FixtureRequest) -> None:
    port = request.getfixturevalue(server)
    app = Celery("bounded", broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
    app.conf.broker_transport_options = current_app.conf.broker_transport_options
    started = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("mirror.deliver", retry=False)
    assert time.monotonic() - started < 1.0


@pytest.mark.django_db(transaction=True)
def test_a_forked_process_wakes_workers_too(task_name: str) -> None:
    waker.wake(f"{task_name}.parent")
    wait_until(lambda: published(f"{task_name}.parent") == 1)
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_ask_and_linger, args=[task_name])
    child.start()
    wait_until(lambda: published(task_name) == 1)
    child.join(SECONDS_MAX)
    assert child.exitcode == 0


def _ask_and_linger(task_name: str) -> None:
    waker._publisher.ask(task_name)
    wait_until(lambda: published(task_name) == 1)


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_names_the_requests_that_it_stands_for(
    task_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAKE_REQUEST_IDS_MAX", 2)
    for number in range(3):
        with bound_contextvars(request_id=f"request-{number}"):
            waker.wake(task_name, within_seconds=0.5)
    wait_until(lambda: published(task_name) == 1)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        messages = [json.loads(message)["headers"] for message in client.lrange("default", 0, -1)]
    (headers,) = [each for each in messages if each["task"] == task_name]
    assert headers["__django_structlog__"]["request_id"] == "request-0,request-1"
