"""Webhook calls that nobody at Stripe has signed."""

from datetime import datetime

from security.kinds import AlertKind, Finding, Severity
from security.limits import BAD_SIGNATURE_BURST, BAD_SIGNATURE_WINDOW_SECONDS


def find_burst(count: int, *, now: datetime) -> Finding | None:
    """More bad signatures within a window than a rolled secret or a stray caller makes."""
    if count < BAD_SIGNATURE_BURST:
        return None
    return Finding(
        kind=AlertKind.BAD_SIGNATURES,
        severity=Severity.HIGH,
        dedup_key="stripe-webhook",
        summary=(
            f"At least {BAD_SIGNATURE_BURST} webhook calls with a bad signature within "
            f"{BAD_SIGNATURE_WINDOW_SECONDS} seconds: a wrong webhook secret, or an attack."
        ),
        subject={"endpoint": "stripe-webhook"},
        count=count,
        newest_at=now,
    )
