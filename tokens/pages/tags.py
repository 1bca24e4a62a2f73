"""How pages write tokens, money and waiting: loaded in templates as `site`."""

from typing import Protocol

from django import template

from foundation.money import MINUS, WITHOUT_CENTS, in_words
from tokens.queries.packages import lifetime_in_words
from tokens.queries.prices import UnitPrice

register = template.Library()

MINUTE = HOUR = 60


class Sold(Protocol):
    """What has a price and tokens: a package, or a purchase of one."""

    price_cents: int
    currency: str
    tokens_expire_after_days: int | None

    @property
    def total_tokens(self) -> int:
        """Tokens, bonus included."""


@register.filter
def thousands(number: int) -> str:
    """A whole number with a comma between its thousands."""
    return f"{number:,}"


@register.filter
def tokens(number: int) -> str:
    """A number of tokens with its noun: 1 token, 1,250 tokens."""
    return f"{thousands(number)} {'token' if abs(number) == 1 else 'tokens'}"


@register.filter
def signed(number: int) -> str:
    """A number with its sign, a real minus sign for what went; nothing has none."""
    if not number:
        return "0"
    return f"{'+' if number > 0 else MINUS}{thousands(abs(number))}"


@register.simple_tag
def money(cents: int, currency: str) -> str:
    """An amount of money, given in the currency's smallest unit: $14.99, 14.99 CHF, 1,499 JPY."""
    return in_words(cents, currency)


@register.simple_tag
def worth(number: int, price: UnitPrice) -> str:
    """About how much money this many tokens cost at `price`."""
    return f"≈ {money(price.of(number), price.currency)}"


@register.simple_tag
def unit_price(price: UnitPrice) -> str:
    """What one token costs, to a tenth of a cent."""
    return _price_of_one(price.cents, price.tokens, price.currency)


@register.simple_tag
def per_token(sold: Sold) -> str:
    """What one token costs in a package or a purchase, bonus included, to a tenth of a cent."""
    return _price_of_one(sold.price_cents, sold.total_tokens, sold.currency)


@register.simple_tag
def lifetime(sold: Sold) -> str:
    """How long the unused tokens of a package last."""
    return lifetime_in_words(sold.tokens_expire_after_days)


@register.filter
def wait(seconds: int) -> str:
    """How long to wait, in words and rounded up: a minute, 5 minutes, 2 hours."""
    if seconds <= MINUTE:
        return "a minute"
    minutes = -(-seconds // MINUTE)
    return f"{minutes} minutes" if minutes <= HOUR else f"{-(-minutes // HOUR)} hours"


def _price_of_one(cents: int, number: int, currency: str) -> str:
    """Rounded half up to a thousandth of the whole unit, without binary fractions on the way."""
    whole_unit = 1 if currency in WITHOUT_CENTS else 100
    thousandths = (2000 * cents + whole_unit * number) // (2 * whole_unit * number)
    return in_words(thousandths, currency, decimals=3)
