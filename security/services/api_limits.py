"""Limits how often somebody calls the API: each key, each customer, and each address where nobody is signed in.

Calls go on while nothing can be counted.
"""

import logging
import uuid
from datetime import datetime

from security.errors import LimiterUnavailable, RateLimited
from security.gateways.window_counters import Hit, Period, count_one
from security.kinds import Breach, Limit
from security.limits import API_CALLS_PER_MINUTE_MAX, API_KEY_CALLS_PER_MINUTE_MAX
from security.services.limit_refusals import note_refusal

logger = logging.getLogger(__name__)


def count_call_with_key(*, key_id: uuid.UUID, now: datetime) -> None:
    """Count a call with a service's key within its minute.

    :raises RateLimited: `rate_limited`
    """
    hit = _count(f"key:{key_id}")
    if hit and hit.number > API_KEY_CALLS_PER_MINUTE_MAX:
        raise RateLimited(_breach(hit, API_KEY_CALLS_PER_MINUTE_MAX), now=now)


def count_call_of_customer(*, user_id: uuid.UUID, address: str, now: datetime) -> None:
    """Count a customer's call within its minute. A flood is noted once a minute, not once a call.

    :raises RateLimited: `rate_limited`
    """
    hit = _count(f"user:{user_id}")
    if hit is None or hit.number <= API_CALLS_PER_MINUTE_MAX:
        return
    breach = _breach(hit, API_CALLS_PER_MINUTE_MAX)
    if hit.number == API_CALLS_PER_MINUTE_MAX + 1:
        note_refusal(breach=breach, user_id=user_id, address=address, now=now)
    raise RateLimited(breach, now=now)


def count_call_from_address(*, address: str, now: datetime) -> None:
    """Count the call of somebody who is not signed in within its minute.

    :raises RateLimited: `rate_limited`
    """
    hit = _count(f"address:{address}")
    if hit and hit.number > API_CALLS_PER_MINUTE_MAX:
        raise RateLimited(_breach(hit, API_CALLS_PER_MINUTE_MAX), now=now)


def _count(whose: str) -> Hit | None:
    try:
        return count_one(group="api", whose=whose, period=Period.MINUTE)
    except LimiterUnavailable:
        logger.warning("api.uncounted")
        return None


def _breach(hit: Hit, allowed: int) -> Breach:
    return Breach(Limit.API_CALLS, allowed, hit.window.starts_at, hit.window.ends_at)
