"""What Stripe itself says of what we sell, and of where it tells us: for whoever looks whether all is set up.

Each of these makes calls to Stripe, so that it never runs inside a transaction.
"""

from payments.errors import StripeRefused
from payments.gateways.stripe_endpoints import list_endpoints
from payments.gateways.stripe_sold import retrieve_price
from payments.kinds import ENDPOINT_EVENTS, EndpointMark
from payments.models import PackagePublication
from payments.rules.sold import find_edit


def find_sale_faults(*, live: bool) -> list[str]:
    """What is wrong at Stripe with the packages on sale: unknown, another price, or of the other mode.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    in_force = PackagePublication.objects.filter(withdrawn_at=None).select_related("package")
    found = ((publication, _fault(publication, live=live)) for publication in in_force)
    return [f"{publication.package_id}: {fault}" for publication, fault in found if fault]


def _fault(publication: PackagePublication, *, live: bool) -> str:
    try:
        price = retrieve_price(publication.stripe_price_id)
    except StripeRefused:
        return "Stripe does not know its price"
    if price.is_live != live:
        return f"its price is of the {'live' if price.is_live else 'test'} mode"
    edit = find_edit(
        price_cents=publication.price_cents,
        currency=publication.currency,
        name=publication.package.name,
        found=price,
    )
    return edit.label.lower() if edit else ""


def find_endpoint_faults(url: str, api_version: str) -> list[str]:
    """What is wrong with the webhook endpoint that shall tell us at `url`.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    ours = [
        endpoint
        for endpoint in list_endpoints()
        if endpoint.url == url and endpoint.is_enabled and endpoint.mark != EndpointMark.PENDING
    ]
    if not ours:
        return [f"no endpoint tells {url}: manage.py setup_stripe_webhook"]
    if all(endpoint.api_version != api_version for endpoint in ours):
        return [f"the endpoint is not of the API version {api_version}"]
    if all(ENDPOINT_EVENTS - endpoint.events and "*" not in endpoint.events for endpoint in ours):
        return ["the endpoint does not tell of every event that we handle"]
    return []
