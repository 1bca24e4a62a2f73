"""How workers and beat show that they live, and which version they are; the web process tells with its health."""

from contextlib import suppress
from typing import Any

import redis
from celery.worker.control import inspect_command
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone
from django_celery_beat.schedulers import DatabaseScheduler

from config import limits, periodic_tasks

SIGNS = "counters"  # the cache that has nothing beside Redis: all processes see the same
BEAT_SIGN = "beat"


@inspect_command()
def version(_state: Any) -> dict[str, str]:
    """Tell a worker's version: `celery -A config inspect version`."""
    return {"version": settings.VERSION}


class Timekeeper(DatabaseScheduler):  # type: ignore[misc]
    """Beat, which leaves a sign of life at each tick, and keeps what staff have edited in the timetable."""

    def setup_schedule(self) -> None:
        """Bring the code's timetable to the rows; Celery's own line is not needed, for no result is stored."""
        periodic_tasks.sync_timetable(self.app.conf.beat_schedule, now=timezone.now())

    def tick(self, *args: Any, **options: Any) -> float:
        """Leave the sign, and do what is due; without Redis there is nobody to show it to."""
        with suppress(redis.RedisError):
            caches[SIGNS].set(BEAT_SIGN, settings.VERSION, timeout=limits.BEAT_SIGN_SECONDS)
        seconds: float = super().tick(*args, **options)
        return seconds
