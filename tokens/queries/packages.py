"""Reads the catalogue."""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from tokens.errors import PackageNotFound, PackageNotOnSale
from tokens.models import Package


def on_sale() -> QuerySet[Package]:
    """The packages that can be bought, in the order in which they are shown."""
    return Package.objects.filter(on_sale=True)


def package_to_sell(code: str) -> Package:
    """The package with this code, if it can be bought.

    :raises PackageNotFound: `package_not_found`.
    :raises PackageNotOnSale: `package_not_on_sale`.
    """
    package = Package.objects.filter(code=code).first()
    if package is None:
        raise PackageNotFound
    if not package.on_sale:
        raise PackageNotOnSale
    return package


def package_of(code: str) -> Package | None:
    """The package with this code, on sale or retired."""
    return Package.objects.filter(code=code).first()


def some_expire(offered: Iterable[Package]) -> bool:
    """Whether the tokens of some of these packages expire."""
    return any(package.tokens_expire_after_days for package in offered)


def lifetime_in_words(days: int | None) -> str:
    """How long unused tokens last that expire so many days after their credit, or never, as a buyer reads it."""
    if days is None:
        return "Unused tokens do not expire."
    return f"Unused tokens expire {days:,} day{'' if days == 1 else 's'} after they arrive in your wallet."


def codes_after(code: str, limit: int) -> list[str]:
    """The codes that follow one, of packages on sale and retired ones."""
    later = Package.objects.filter(code__gt=code).order_by("code")
    return list(later.values_list("code", flat=True)[:limit])


def codes_among(codes: Collection[str]) -> set[str]:
    """Those of the codes that a package has or had."""
    return set(Package.objects.filter(code__in=codes).values_list("code", flat=True))


def package_names() -> list[tuple[str, str]]:
    """Code and name of each package that there is or was."""
    return list(Package.objects.values_list("code", "name"))
