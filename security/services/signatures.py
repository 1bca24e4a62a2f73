"""Counts webhook calls with a bad signature; a burst of them raises one alert, which says how many there were."""

import logging
import math
from datetime import datetime

from django.core.cache import cache

from security import limits
from security.errors import LimiterUnavailable, TooManyBadSignatures
from security.gateways.window_counters import Period, count_one
from security.rules.signatures import find_burst
from security.services.alerts import raise_alert

logger = logging.getLogger(__name__)


def note_bad_signature(*, now: datetime) -> None:
    """Count one refused call in its fixed window; the call that makes a burst of it raises the alert.

    Anybody can send such calls, so a flood costs one row for all of its windows, and a statement now and then:
    the rest of a burst is told by `tell_bad_signatures`. Nothing that goes wrong in here may change the answer to
    the caller.
    """
    try:
        if _count_one(_window(now)) == limits.BAD_SIGNATURE_BURST:
            _tell(_window(now), now)
    except Exception as error:  # noqa: BLE001 - without the counter's store or the database the call is refused all the same
        _give_up(error)


def flood_of(*, address: str, now: datetime) -> TooManyBadSignatures | None:
    """Count a refused call of this address's within its minute; tell if there are too many.

    Only for calls whose signature is bad: a good one is taken from any address, whatever else came from there.
    """
    try:
        hit = count_one(group="bad-signatures", whose=address, period=Period.MINUTE)
    except LimiterUnavailable:
        return None
    if hit.number <= limits.BAD_SIGNATURES_PER_MINUTE_MAX:
        return None
    wait = math.ceil((hit.window.ends_at - now).total_seconds())
    return TooManyBadSignatures(retry_after_seconds=max(wait, 1))


def tell_bad_signatures(*, now: datetime) -> None:
    """Bring the alert's count up to what was counted in this window and the one before. The watch's work."""
    try:
        for window in (_window(now) - 1, _window(now)):
            _tell(window, now)
    except Exception as error:  # noqa: BLE001 - the watch has other things to look at
        _give_up(error)


def _window(now: datetime) -> int:
    return int(now.timestamp()) // limits.BAD_SIGNATURE_WINDOW_SECONDS


def _count_one(window: int) -> int:
    # Thrice the window: it is told until the next one ends, by clocks that differ a little; and none stays for ever.
    cache.add(_key(window), 0, timeout=3 * limits.BAD_SIGNATURE_WINDOW_SECONDS)
    return cache.incr(_key(window))


def _tell(window: int, now: datetime) -> None:
    """Count onto the alert what is not on it yet."""
    counted, told = cache.get(_key(window), 0), cache.get(_key(window, "told"), 0)
    finding = find_burst(counted, now=now)
    if finding is None or counted <= told:
        return
    cache.set(_key(window, "told"), counted, timeout=3 * limits.BAD_SIGNATURE_WINDOW_SECONDS)
    raise_alert(
        kind=finding.kind,
        severity=finding.severity,
        dedup_key=finding.dedup_key,
        summary=finding.summary,
        subject=finding.subject,
        now=now,
        times=counted - told,
    )


def _key(window: int, part: str = "counted") -> str:
    return f"security:bad-signatures:{window}:{part}"


def _give_up(error: Exception) -> None:
    logger.warning("signatures.uncounted", extra={"error": type(error).__name__})
