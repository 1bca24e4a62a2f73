"""Where Stripe's own dashboard shows an object."""

from typing import Final

from django.conf import settings

# Beginnings of Stripe's ids, and the dashboard's page of what they name.
PAGES: Final = (
    ("cs_", "checkout/sessions"),
    ("pi_", "payments"),
    ("ch_", "payments"),
    ("py_", "payments"),
    ("re_", "refunds"),
    ("pyr_", "refunds"),
    ("dp_", "disputes"),
    ("du_", "disputes"),
    ("evt_", "events"),
    ("cus_", "customers"),
    ("price_", "prices"),
    ("prod_", "products"),
)


def dashboard_url(stripe_id: str, *, livemode: bool) -> str:
    """The object's page there, of test or of live mode; empty for what has none, or where a stand-in is Stripe."""
    if settings.STRIPE_API_BASE:
        return ""
    mode = "" if livemode else "test/"
    for beginning, page in PAGES:
        if stripe_id.startswith(beginning):
            return f"https://dashboard.stripe.com/{mode}{page}/{stripe_id}"
    return ""
