"""Stripe's webhook endpoints: where it tells us, and of what.

https://docs.stripe.com/api/webhook_endpoints
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings

from payments.gateways.stripe_api import call, client
from payments.kinds import EndpointMark, WebhookEndpoint
from payments.limits import EVENT_PAGE_SIZE

MARK = "token_economy_secret"


def list_endpoints() -> list[WebhookEndpoint]:
    """All endpoints of the account, the newest first: Stripe allows sixteen.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    listed = call(lambda: client().v1.webhook_endpoints.list({"limit": EVENT_PAGE_SIZE}))
    return [_read(endpoint.to_dict()) for endpoint in listed.data]


def create_endpoint(*, url: str, events: Collection[str]) -> tuple[WebhookEndpoint, str]:
    """Create an endpoint with the pinned API version; answer it, and its signing secret, which is told only now.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    params: dict[str, Any] = {
        "url": url,
        "enabled_events": sorted(events),
        "api_version": settings.STRIPE_API_VERSION,
        "description": "Made by manage.py setup_stripe_webhook.",
        "metadata": {MARK: EndpointMark.PENDING.value},
    }
    created = call(lambda: client().v1.webhook_endpoints.create(params)).to_dict()  # type: ignore[arg-type]
    return _read(created), str(created["secret"])


def update_endpoint(
    endpoint_id: str,
    *,
    events: Collection[str] = (),
    mark: EndpointMark | None = None,
    enabled: bool | None = None,
) -> None:
    """Change what is given.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    params: dict[str, Any] = {}
    if events:
        params["enabled_events"] = sorted(events)
    if mark:
        params["metadata"] = {MARK: mark.value}
    if enabled is not None:
        params["disabled"] = not enabled
    call(lambda: client().v1.webhook_endpoints.update(endpoint_id, params))  # type: ignore[arg-type]


def delete_endpoint(endpoint_id: str) -> None:
    """Have Stripe tell nothing there any more.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    call(lambda: client().v1.webhook_endpoints.delete(endpoint_id))


def _read(endpoint: dict[str, Any]) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=endpoint["id"],
        url=endpoint["url"],
        events=frozenset(endpoint["enabled_events"]),
        api_version=endpoint.get("api_version") or "",
        is_enabled=endpoint["status"] == "enabled",
        mark=(endpoint.get("metadata") or {}).get(MARK, ""),
    )
