"""The cache: shared while Redis answers, this process's own while it does not."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.core.cache import BaseCache, cache, caches
from django.test import override_settings

from foundation.ids import new_id

NOWHERE = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}


@pytest.fixture
def key() -> str:
    return str(new_id())


@pytest.fixture(params=["with Redis", "without Redis"])
def either(request: pytest.FixtureRequest) -> Iterator[BaseCache]:
    if request.param == "with Redis":
        yield cache
        return
    with override_settings(CACHES=NOWHERE):
        yield caches["default"]
        caches["default"].clear()


def test_values_are_kept_whatever_redis_does(either: BaseCache, key: str) -> None:
    assert either.get(key, "nothing") == "nothing"
    either.set(key, [1, 2])
    assert either.get(key) == [1, 2]
    assert either.delete(key)
    assert either.get(key) is None


def test_only_the_first_may_add(either: BaseCache, key: str) -> None:
    assert either.add(key, 1)
    assert not either.add(key, 2)
    assert either.get(key) == 1


def test_clearing_empties_the_cache(either: BaseCache, key: str) -> None:
    either.set(key, 1)
    either.clear()
    assert either.get(key) is None


def test_clearing_leaves_the_queues_alone(key: str) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.rpush(key, "message")
        cache.clear()
        assert client.lrange(key, 0, -1) == [b"message"]
        client.delete(key)
