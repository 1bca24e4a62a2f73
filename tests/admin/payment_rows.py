"""What hangs on a purchase or a package, as rows."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import models

from payments.models import Discrepancy, Dispute, PackagePublication, Purchase, ReconciliationRun, Refund
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


def discrepancy_of(**fields: Any) -> Discrepancy:
    """A payment that reconciliation has found uncredited."""
    told: dict[str, Any] = {
        "check_name": "paid_not_credited",
        "kind": "payment_not_credited",
        "subject": "019537e4-a7e0-7000-8000-000000000001",
        "words": "is open, and paid",
        "severity": "high",
        "is_safe": True,
        "tokens_at_risk": 250,
        "cents_at_risk": 1499,
        "currency": "usd",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }
    return Discrepancy.objects.create(**told | fields)


def run_of(**fields: Any) -> ReconciliationRun:
    """A check that was made in full and has found one."""
    told: dict[str, Any] = {
        "check_name": "paid_not_credited",
        "since": NOW,
        "repairs": True,
        "started_by": "system",
        "started_at": NOW,
        "finished_at": NOW,
        "looked_at": 3,
        "found": 1,
        "tokens_at_risk": 250,
        "cents_at_risk": {"usd": 1499},
    }
    return ReconciliationRun.objects.create(**told | fields)


RECONCILED: dict[str, Callable[[], models.Model]] = {
    "payments.Discrepancy": discrepancy_of,
    "payments.ReconciliationRun": run_of,
}
