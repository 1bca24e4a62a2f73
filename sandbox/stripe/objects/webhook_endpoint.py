"""Webhook endpoints."""

from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import StripeObject


def webhook_endpoint(
    *, url: str, enabled_events: list[str], api_version: str | None, now: int
) -> StripeObject:
    """Return an enabled endpoint; its secret is shown once, on creation, and not part of the object."""
    return {
        "id": new_id("webhook_endpoint"),
        "object": "webhook_endpoint",
        "api_version": api_version,
        "application": None,
        "created": now,
        "description": None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
