"""Numbers that cost something to count: kept for a while, counted anew by one who asks, and told with their time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.core.cache import cache

from backoffice.limits import COUNT_SECONDS_MAX, COUNTED_KEPT_SECONDS

Number = TypeVar("Number")


@dataclass(frozen=True, slots=True)
class Counted(Generic[Number]):
    """What was counted, and when."""

    value: Number
    at: datetime


def of_day(name: str, *, now: datetime) -> str:
    """The name of what is counted for one day of UTC."""
    return f"{name}:{now:%Y-%m-%d}"


def counted(
    name: str, count: Callable[[], Number], *, fresh_seconds: int, now: datetime
) -> Counted[Number] | None:
    """What was counted last, if it is fresh enough; else one caller counts anew, and the others get what there is.

    So however many ask, one at a time counts. None: somebody is counting it for the first time just now.
    """
    known: Counted[Number] | None = cache.get(_key(name))
    is_fresh = known is not None and (now - known.at).total_seconds() < fresh_seconds
    lock = f"counting:{name}"
    if is_fresh or not cache.add(lock, "counting", COUNT_SECONDS_MAX):
        return known
    try:
        return count_anew(name, count, now=now)
    finally:
        cache.delete(lock)


def count_anew(name: str, count: Callable[[], Number], *, now: datetime) -> Counted[Number]:
    """Count, whatever is known, and keep it for those who ask."""
    known = Counted(count(), now)
    cache.set(_key(name), known, COUNTED_KEPT_SECONDS)
    return known


def _key(name: str) -> str:
    return f"counted:{name}"
