"""Stripe sells what we sell: each package's price and product are there, in use, and say the same; no old price is."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from payments.errors import StripeRefused
from payments.gateways.stripe_api import deactivate_price, rename_product
from payments.gateways.stripe_lists import list_prices
from payments.gateways.stripe_sold import retrieve_price
from payments.kinds import PackageEdit, PriceFacts
from payments.limits import CREDIT_GRACE
from payments.models import PackagePublication
from payments.rules.sold import find_edit
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope
from security.kinds import AlertKind, Severity

_EDITED, _LEFT = "package_", "withdrawn_price_in_use"


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """Only what is not among the prices in use is asked about singly."""
    in_use = list_prices()
    for publication in PackagePublication.objects.select_related("package"):
        tally.looked_at += 1
        if difference := _judge(publication, in_use, scope.now):
            yield difference


def _judge(
    publication: PackagePublication, in_use: Mapping[str, PriceFacts], now: datetime
) -> Difference | None:
    """A price that was withdrawn just now may be about to be taken out of use."""
    price_id, facts = publication.stripe_price_id, in_use.get(publication.stripe_price_id)
    if publication.withdrawn_at:
        is_left = facts is not None and publication.withdrawn_at <= now - CREDIT_GRACE
        return _left(publication) if is_left else None
    edit = find_edit(
        price_cents=publication.price_cents,
        currency=publication.currency,
        name=publication.package.name,
        found=facts or _price_now(price_id),
    )
    return _edited(publication, edit) if edit else None


def _edited(publication: PackagePublication, edit: PackageEdit) -> Difference:
    """A name is put right; anything else is a price to publish, which somebody has to want."""

    def rename(_now: datetime) -> bool:
        package = publication.package
        rename_product(
            product_id=publication.stripe_product_id, name=package.name, description=package.description
        )
        return True

    return Difference(
        f"{_EDITED}{edit.value}",
        publication.package_id,
        f"{edit.label.lower()} at Stripe: {publication.stripe_price_id}",
        mend=rename if edit is PackageEdit.NAME else None,
    )


def _left(publication: PackagePublication) -> Difference:
    def withdraw(_now: datetime) -> bool:
        deactivate_price(publication.stripe_price_id)
        return True

    words = f"of {publication.package_id} was withdrawn here, and can still be used at Stripe"
    return Difference(_LEFT, publication.stripe_price_id, words, Severity.LOW, mend=withdraw)


def _look(kind: str, subject: str, now: datetime) -> Difference | None:
    publications = PackagePublication.objects.select_related("package")
    if kind == _LEFT:
        publication = publications.get(stripe_price_id=subject)
        facts = _price_now(subject)
        in_use = {subject: facts} if facts and facts.is_active else {}
        return _judge(publication, in_use, now)
    current = publications.filter(package_id=subject, withdrawn_at=None).first()
    found = _judge(current, {}, now) if current else None
    return found if found and found.kind == kind else None


def _price_now(price_id: str) -> PriceFacts | None:
    """A price as Stripe has it now; None where there is none."""
    try:
        return retrieve_price(price_id)
    except StripeRefused:
        return None


CHECK = Check(
    "catalogue",
    "Stripe sells what we sell, at our prices",
    _find,
    _look,
    alert=AlertKind.PACKAGE_EDITED,
)
