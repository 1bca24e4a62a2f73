"""Compares the packages on sale with their prices at Stripe, which nobody should change by hand there."""

from datetime import datetime

from foundation.errors import Refusal
from payments.errors import PaymentsUnavailable
from payments.gateways.stripe_sold import retrieve_price
from payments.kinds import PackageEdit, PriceFacts
from payments.models import PackagePublication
from payments.rules.sold import find_edit
from security.kinds import AlertKind, Severity
from security.services.alerts import raise_alert


def check_catalogue(*, now: datetime) -> dict[str, PackageEdit]:
    """Raise an alert for each package that Stripe would sell otherwise; answer what differs, by package code.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    edits = {}
    for publication in PackagePublication.objects.filter(withdrawn_at=None).select_related("package"):
        edit = find_edit(
            price_cents=publication.price_cents,
            currency=publication.currency,
            name=publication.package.name,
            found=price_now(publication.stripe_price_id),
        )
        if edit:
            edits[publication.package_id] = edit
            _alert(publication, edit, now)
    return edits


def price_now(price_id: str) -> PriceFacts | None:
    """A price as Stripe has it now; None where there is none.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    try:
        return retrieve_price(price_id)
    except PaymentsUnavailable:
        raise
    except Refusal:  # Stripe does not know it
        return None


def _alert(publication: PackagePublication, edit: PackageEdit, now: datetime) -> None:
    raise_alert(
        kind=AlertKind.PACKAGE_EDITED,
        severity=Severity.HIGH,
        dedup_key=publication.package_id,
        summary=(
            f"Package {publication.package_id} was changed at Stripe by hand ({edit.label.lower()}): "
            "publish it here again."
        ),
        subject={
            "package": publication.package_id,
            "stripe_price_id": publication.stripe_price_id,
            "reason": edit.value,
        },
        now=now,
        total=1,
    )
