"""The workers' tasks, under the names by which they are woken and timed."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from foundation.ids import new_id
from foundation.waker import wake
from mirror import limits
from mirror.kinds import DELIVER_TASK
from mirror.models import MirroredDocument, OutboxRow
from mirror.tasks import deliver, prune

SECONDS_MAX = 30
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_delivering_task_shows_what_is_due(book, shown):
    alice = book.new_subject()
    book.change(alice)
    assert deliver.name == DELIVER_TASK
    deliver()
    shown.check(book, alice)
    assert not OutboxRow.objects.exists()


def test_the_pruning_task_removes_old_delivery_times():
    old = timezone.now() - timedelta(days=limits.DOCUMENT_RETENTION_DAYS + 1)
    MirroredDocument.objects.create(path="entries/1", kind="k", subject_id="s", delivered_at=old)
    assert prune.name == "mirror.prune"
    prune()
    assert not MirroredDocument.objects.exists()


def test_an_intent_wakes_a_worker_after_the_commit_and_not_before(book, settings):
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        forget_wakes(broker)
        with transaction.atomic():
            book.change(book.new_subject())
            assert broker.llen("mirror") == 0
        wait_until(lambda: broker.llen("mirror") == 1)
        assert json.loads(broker.lpop("mirror"))["headers"]["task"] == DELIVER_TASK


def forget_wakes(broker: redis.Redis) -> None:
    """Remove what earlier tests asked for: all of that is published once a later ask is."""
    marker = f"tests.{new_id()}"
    wake(marker)
    wait_until(lambda: marker in str(broker.lrange("default", 0, -1)))
    broker.delete("mirror")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline
