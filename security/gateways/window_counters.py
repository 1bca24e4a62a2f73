"""Counters of fixed windows in Redis, by django-ratelimit: the only module that uses it.

The library makes a window and a key for whoever is counted, and counts one attempt atomically (SET NX, then INCR), so
that all processes count as one. Its own verdict is not used. It compares with the number in the rate, which is part of
its key: another number would begin another count. So the rate is a constant for each period, and the caller compares.
It can neither give an attempt back nor begin a count that Redis has lost at what it was: those are the two lines of
ours, on the library's own key. Its decorator and its view of the request are not used at all.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from django.core.cache import caches
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, get_usage
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from security.errors import LimiterUnavailable

logger = logging.getLogger(__name__)

CACHE: Final = "counters"


class Period(Enum):
    """How long a window is: seconds, and the library's word. The 1 before the stroke is never compared with."""

    MINUTE = 60, "1/m"
    HOUR = 3600, "1/h"
    DAY = 86_400, "1/d"


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when attempts are counted together. It begins at another moment for each who is counted."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One counted attempt: the how-manieth of its window it was, and the key under which it was counted."""

    number: int
    window: Window
    key: str


def _none_before(_window: Window) -> int:
    return 0


def count_one(
    *,
    group: str,
    whose: str,
    period: Period,
    before: Callable[[Window], int] = _none_before,
    tries: int = 1,
) -> Hit:
    """Count one attempt.

    The window is the clock's, by the library, and not a caller's `now`.

    :param group: what is counted, such as `purchases`
    :param whose: who is counted, such as a user's id
    :param before: how many the window has held already, for a count that Redis has lost; 0 where that does not matter
    :param tries: how often Redis is asked. An attempt whose answer was lost may have been counted: asked again, it can
        count twice until its window ends, which errs on the safe side
    :raises LimiterUnavailable: `limiter_unavailable`: nothing was counted, or nobody knows.
    """
    seconds, rate = period.value
    ends = _get_window(whose, seconds)
    ends_at = datetime.fromtimestamp(ends, tz=UTC)
    window = Window(ends_at - timedelta(seconds=seconds), ends_at)
    key = _make_cache_key(group, ends, rate, whose, ALL)
    lost = before(window)

    def ask() -> int:
        if lost:  # kept only where there is no count: of several that try, the first
            caches[CACHE].add(key, lost, seconds + EXPIRATION_FUDGE)
        usage = get_usage(None, group=group, key=lambda *_: whose, rate=rate, increment=True)
        if usage["time_left"] < 0:  # the library's way to say that the count vanished while it counted
            raise LimiterUnavailable
        return int(usage["count"])

    try:
        number = Retry(NoBackoff(), tries - 1, (RedisError,)).call_with_retry(ask, _note_unanswered)
    except RedisError as error:
        raise LimiterUnavailable from error
    return Hit(number, window, key)


def _note_unanswered(error: Exception) -> None:
    """A connection was cut, or an answer came too late."""
    logger.info("counter.unanswered", extra={"error": type(error).__name__})


def take_back(hit: Hit) -> None:
    """Give an attempt back. One that cannot be given back counts until its window ends, which errs on the safe side.

    An attempt at the very end of a window may have been counted in the next one; it stays counted there.
    """
    try:
        caches[CACHE].decr(hit.key)
    except (RedisError, ValueError) as error:
        logger.warning("counter.not_given_back", extra={"error": type(error).__name__})
