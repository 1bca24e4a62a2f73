"""Events of the other Stripe mode: a test event at the live address, or the reverse. Not stored, but told."""

import logging
from datetime import datetime

from payments.kinds import StripeEvent
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert

logger = logging.getLogger(__name__)


def note_wrong_livemode(*, event: StripeEvent, now: datetime) -> None:
    """Log the event and raise one alert, however many of them come: somebody has mixed up two endpoints."""
    logger.warning("webhook.ignored", extra={"stripe_event_id": event.id, "livemode": event.livemode})
    raise_alert(
        kind=AlertKind.WRONG_LIVEMODE,
        severity=Severity.MEDIUM,
        dedup_key=f"livemode:{event.livemode}",
        summary="A correctly signed event of the other Stripe mode reached the webhook.",
        subject={"stripe_event_id": event.id, "type": event.type},
        now=now,
    )
