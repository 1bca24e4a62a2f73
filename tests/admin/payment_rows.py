"""What hangs on a purchase or a package, as rows."""

from datetime import UTC, datetime
from typing import Any

from payments.models import Dispute, PackagePublication, Purchase, Refund
from tokens.models import Package

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MONEY_BACK: dict[str, Any] = {"amount_cents": 500, "currency": "usd"}


def refund_of(purchase: Purchase) -> Refund:
    """A refund that was made in Stripe's dashboard."""
    return Refund.objects.create(
        purchase=purchase, stripe_refund_id="re_1", status="succeeded", created_at=NOW, **MONEY_BACK
    )


def dispute_of(purchase: Purchase) -> Dispute:
    """A dispute that waits for evidence."""
    return Dispute.objects.create(
        purchase=purchase,
        stripe_dispute_id="du_1",
        status="needs_response",
        reason="fraudulent",
        opened_at=NOW,
        **MONEY_BACK,
    )


def publication_of(package: Package) -> PackagePublication:
    """The price that is in force."""
    return PackagePublication.objects.create(
        package=package,
        stripe_product_id="prod_1",
        stripe_price_id="price_1",
        price_cents=1499,
        currency="usd",
        published_at=NOW,
    )
