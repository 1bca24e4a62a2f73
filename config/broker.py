"""The connection between workers and Redis, as Celery makes it, so that losing Redis ends no worker.

When its connection is lost, a worker closes what belonged to it, and tasks that were running meanwhile still say
over it that they are done. Where Redis is not back yet, kombu 5.7 answers both with an AttributeError, which is
unexpected and ends the worker. Told that the connection is lost, Celery goes on: what could not be acknowledged
comes again after the visibility timeout, and every task may run twice.
"""

from typing import Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(kombu_redis.Channel):
    """A channel that says when its connection is no more."""

    def _connparams(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("The channel's connection was lost and closed.")
        parameters: dict[str, Any] = super()._connparams(*arguments, **options)  # type: ignore[misc] # not in its stubs
        return parameters


class Transport(kombu_redis.Transport):
    """Redis, by these channels."""

    Channel = Channel
