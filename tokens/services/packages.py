"""Changes the catalogue. Payments calls it and publishes: a price here is a price at Stripe as well."""

from dataclasses import asdict
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from mirror.services import outbox
from tokens.errors import InvalidPackage, PackageNotFound
from tokens.kinds import PackageTerms
from tokens.limits import PACKAGE_PRICE_CENTS_MAX, PACKAGE_PRICE_CENTS_MIN, PACKAGE_TOKENS_MAX
from tokens.models import Package


def check_terms(*, code: str, terms: PackageTerms, now: datetime) -> None:
    """Refuse terms that make no sense, before anybody is asked to sell them.

    :raises InvalidPackage: `invalid_package`, with a member `errors` by field.
    """
    package = Package(code=code, **asdict(terms), created_at=now, updated_at=now)
    try:
        package.clean_fields()
    except ValidationError as error:
        raise InvalidPackage(errors=error.message_dict) from error
    if not 0 < terms.tokens <= PACKAGE_TOKENS_MAX or terms.bonus_tokens > PACKAGE_TOKENS_MAX:
        raise InvalidPackage(f"A package has 1 to {PACKAGE_TOKENS_MAX} tokens.")
    if not PACKAGE_PRICE_CENTS_MIN <= terms.price_cents <= PACKAGE_PRICE_CENTS_MAX:
        raise InvalidPackage(f"A package costs {PACKAGE_PRICE_CENTS_MIN} to {PACKAGE_PRICE_CENTS_MAX} cents.")


def put_on_sale(*, code: str, terms: PackageTerms, now: datetime) -> bool:
    """Create or change a package and put it on sale; answer whether it was not so. Purchases keep their own terms.

    :raises InvalidPackage: `invalid_package`.
    """
    check_terms(code=code, terms=terms, now=now)
    with transaction.atomic():
        package, created = Package.objects.select_for_update().get_or_create(
            code=code, defaults={**asdict(terms), "on_sale": True, "created_at": now, "updated_at": now}
        )
        if not created:
            if package.on_sale and all(getattr(package, k) == v for k, v in asdict(terms).items()):
                return False
            _change(code=code, now=now, on_sale=True, **asdict(terms))
        outbox.mark_stale(kind="package", subject_id=code)
    return True


def retire(*, code: str, now: datetime) -> bool:
    """Take a package off sale; answer whether it was on. Its document stays, saying so.

    :raises PackageNotFound: `package_not_found`.
    """
    with transaction.atomic():
        package = Package.objects.select_for_update().filter(code=code).first()
        if package is None:
            raise PackageNotFound
        if package.on_sale:
            _change(code=code, now=now, on_sale=False)
            outbox.mark_stale(kind="package", subject_id=code)
    return bool(package.on_sale)


def _change(*, code: str, now: datetime, **fields: object) -> None:
    Package.objects.filter(code=code).update(version=F("version") + 1, updated_at=now, **fields)
