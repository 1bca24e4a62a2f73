"""What tokens cost in money, so that no amount of tokens has to be shown without it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tokens.models import Package
from tokens.queries import packages


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A price for a number of tokens: whole cents of `currency` for whole tokens, kept as a fraction."""

    cents: int
    tokens: int
    currency: str

    def of(self, tokens: int) -> int:
        """What this many tokens cost, in whole cents; half a cent is rounded up."""
        return (2 * abs(tokens) * self.cents + self.tokens) // (2 * self.tokens)


def regular_price() -> UnitPrice | None:
    """What one token costs without bonus or quantity discount: the dearest on sale; None if nothing is.

    The consumer rules on in-game currencies ask for this one: money beside an amount of tokens must not make
    it look cheaper than it was for anybody.
    """
    dearest = max(packages.on_sale(), key=lambda package: package.price_cents / package.tokens, default=None)
    return UnitPrice(dearest.price_cents, dearest.tokens, dearest.currency) if dearest else None


def best_value(offered: Iterable[Package]) -> str:
    """The code of the one package whose tokens, bonus included, cost least; empty if no single one does."""
    ranked = sorted(offered, key=_cents_per_token)
    if len(ranked) < 2 or _cents_per_token(ranked[0]) == _cents_per_token(ranked[1]):  # noqa: PLR2004 - a pair
        return ""
    return ranked[0].code


def _cents_per_token(package: Package) -> float:
    price: float = package.price_cents / package.total_tokens
    return price
