"""The caches: Redis, and where that may be weaker for a while, this process's memory when Redis does not answer."""

from typing import Any

import redis
import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

SCAN_BATCH = 500
logger = structlog.get_logger(__name__)


class SharedRedisCache(RedisCache):
    """A part of a Redis database that others use too."""

    def clear(self) -> None:
        """Remove what this cache holds, and nothing else of the database, which queues share."""
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=self.make_key("*"), count=SCAN_BATCH):
            client.delete(key)


class RedisOrLocalCache(SharedRedisCache):
    """Redis, or this process's memory while Redis is gone, so that people can still sign in.

    The limits on sign-in attempts are counted here: without Redis each process counts for itself, which is
    weaker than one count for all, and better than none or than turning everybody away. Whoever must count
    exactly, such as the limit on purchases, uses the cache `counters`, which has nothing beside Redis.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._local = LocMemCache("without-redis", params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store a value unless there is one."""
        try:
            return bool(super().add(key, value, timeout, version))
        except redis.RedisError as error:
            return self._without_redis(error).add(key, value, timeout, version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Read a value."""
        try:
            return super().get(key, default, version)
        except redis.RedisError as error:
            return self._without_redis(error).get(key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Store a value."""
        try:
            super().set(key, value, timeout, version)
        except redis.RedisError as error:
            self._without_redis(error).set(key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        """Remove a value."""
        try:
            return bool(super().delete(key, version))
        except redis.RedisError as error:
            return self._without_redis(error).delete(key, version)

    def clear(self) -> None:
        """Remove what the cache holds."""
        try:
            super().clear()
        except redis.RedisError as error:
            self._without_redis(error).clear()

    def _without_redis(self, error: redis.RedisError) -> LocMemCache:
        logger.warning("cache.without_redis", error=type(error).__name__)
        return self._local
