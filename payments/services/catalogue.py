"""Publishes packages: first the price at Stripe, then our package and its Stripe ids in one transaction.

No price can be changed on one side alone, which would quarantine honest buyers. Open sessions keep the old price.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from foundation.errors import Refusal
from identity.kinds import Actor, Right
from identity.services import audit, rights
from payments.errors import PaymentsUnavailable
from payments.gateways import stripe_api
from payments.limits import PUBLISH_TRIES_MAX
from payments.models import PackagePublication
from tokens.kinds import PackageTerms
from tokens.queries.packages import package_of
from tokens.services import packages

logger = logging.getLogger(__name__)


def publish_package(*, code: str, terms: PackageTerms, reason: str = "", actor: Actor, now: datetime) -> None:
    """Put a package on sale at these terms, here and at Stripe. Repeating it changes nothing.

    Of several who publish a package at once, each is in force in turn, and the last one stays.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises InvalidPackage: `invalid_package`.
    :raises PaymentsUnavailable: `payments_unavailable`: nothing was changed here.
    :raises StripeRefused: `stripe_refused`: nothing was changed here.
    """
    rights.require(Right.PUBLISH_PACKAGE, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    packages.check_terms(code=code, terms=terms, now=now)
    for _ in range(PUBLISH_TRIES_MAX):
        with suppress(_Overtaken):
            _publish(code, terms, reason, actor, now)
            return
    # Nobody publishes ten times while one waits for Stripe once: the bound is there for what nobody thought of.
    raise PaymentsUnavailable("Others are changing this package at the same time.")  # pragma: no cover


class _Overtaken(Exception):
    """Somebody else published meanwhile, and may have withdrawn the price that we were going to use."""


def _publish(code: str, terms: PackageTerms, reason: str, actor: Actor, now: datetime) -> None:
    current = _in_force(code)
    price_id, product_id = _price_at_stripe(code, terms, current)
    with transaction.atomic():
        is_changed = packages.put_on_sale(code=code, terms=terms, now=now)
        # The package's row is locked by now, and with it what is in force.
        if _in_force(code) != current:
            raise _Overtaken
        is_new = _put_in_force(code, terms, price_id, product_id, now)
        if is_new or is_changed:
            facts = {**asdict(terms), "stripe_price_id": price_id}
            _record("package.publish", code, facts, reason, actor, now)
    if current and is_new:
        _withdraw_at_stripe(current)


def retire_package(*, code: str, reason: str = "", actor: Actor, now: datetime) -> None:
    """Take a package off sale, here and at Stripe. Purchases already open can still be paid.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises PackageNotFound: `package_not_found`.
    """
    rights.require(Right.PUBLISH_PACKAGE, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        was_on_sale = packages.retire(code=code, now=now)
        withdrawn = _in_force(code)
        PackagePublication.objects.filter(package_id=code, withdrawn_at=None).update(withdrawn_at=now)
        if was_on_sale:
            _record("package.retire", code, {}, reason, actor, now)
    if withdrawn:
        _withdraw_at_stripe(withdrawn)


def _record(
    action: str, code: str, facts: Mapping[str, object], reason: str, actor: Actor, now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="package",
        subject_id=code,
        reason=reason,
        facts=facts,
        now=now,
    )


def _in_force(code: str) -> PackagePublication | None:
    return PackagePublication.objects.filter(package_id=code, withdrawn_at=None).first()


def _price_at_stripe(code: str, terms: PackageTerms, current: PackagePublication | None) -> tuple[str, str]:
    """The ids of a price and product at Stripe with these terms, made there if there are none yet."""
    former = current or PackagePublication.objects.filter(package_id=code).first()
    if former is None:
        product_id = stripe_api.create_product(code=code, name=terms.name, description=terms.description)
    else:
        product_id = former.stripe_product_id
        _rename_at_stripe(code, product_id, terms)
    if current and (current.price_cents, current.currency) == (terms.price_cents, terms.currency):
        return current.stripe_price_id, product_id
    price_id = stripe_api.create_price(
        product_id=product_id,
        code=code,
        price_cents=terms.price_cents,
        currency=terms.currency,
        number=PackagePublication.objects.filter(package_id=code).count() + 1,
    )
    return price_id, product_id


def _rename_at_stripe(code: str, product_id: str, terms: PackageTerms) -> None:
    package = package_of(code)
    if package and (package.name, package.description) != (terms.name, terms.description):
        stripe_api.rename_product(product_id=product_id, name=terms.name, description=terms.description)


def _put_in_force(code: str, terms: PackageTerms, price_id: str, product_id: str, now: datetime) -> bool:
    """Note the price in force; answer whether it is another than before."""
    publications = PackagePublication.objects.filter(package_id=code, withdrawn_at=None)
    if publications.filter(stripe_price_id=price_id).exists():
        return False
    publications.update(withdrawn_at=now)
    PackagePublication.objects.create(
        package_id=code,
        stripe_product_id=product_id,
        stripe_price_id=price_id,
        price_cents=terms.price_cents,
        currency=terms.currency,
        published_at=now,
    )
    return True


def _withdraw_at_stripe(publication: PackagePublication) -> None:
    """Tidy up: nothing of ours opens a session at this price any more, so a failure harms nobody."""
    try:
        stripe_api.deactivate_price(publication.stripe_price_id)
    except Refusal as error:
        logger.warning(
            "catalogue.withdraw_failed",
            extra={"stripe_price_id": publication.stripe_price_id, "code": error.code},
        )
