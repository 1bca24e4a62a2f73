"""Counts webhook calls with a bad signature; a burst of them raises one alert."""

import logging
from datetime import datetime

from django.core.cache import cache

from security import limits
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert

logger = logging.getLogger(__name__)


def note_bad_signature(*, now: datetime) -> None:
    """Count one refused call in its fixed window; the call that makes a burst of it raises the alert.

    Anybody can send such calls, so a flood costs one row for all of its windows, and one statement for each.
    Nothing that goes wrong in here may change the answer to the caller.
    """
    try:
        if _count_one(now) == limits.BAD_SIGNATURE_BURST:
            _raise_for_burst(now)
    except Exception as error:  # noqa: BLE001 - without the counter's store or the database the call is refused all the same
        logger.warning("signatures.uncounted", extra={"error": type(error).__name__})


def _count_one(now: datetime) -> int:
    window = int(now.timestamp()) // limits.BAD_SIGNATURE_WINDOW_SECONDS
    key = f"security:bad-signatures:{window}"
    # Twice the window, so that clocks that differ a little still share a counter, and none stays for ever.
    cache.add(key, 0, timeout=2 * limits.BAD_SIGNATURE_WINDOW_SECONDS)
    return cache.incr(key)


def _raise_for_burst(now: datetime) -> None:
    raise_alert(
        kind=AlertKind.BAD_SIGNATURES,
        severity=Severity.HIGH,
        dedup_key="stripe-webhook",
        summary=(
            f"At least {limits.BAD_SIGNATURE_BURST} webhook calls with a bad signature within "
            f"{limits.BAD_SIGNATURE_WINDOW_SECONDS} seconds: a wrong webhook secret, or an attack."
        ),
        subject={"endpoint": "stripe-webhook"},
        now=now,
    )
