"""How amounts of money are counted and written, by currency."""

from decimal import Decimal

SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£"}
# https://docs.stripe.com/currencies#zero-decimal: their smallest unit is the whole one.
WITHOUT_CENTS = frozenset(
    (
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    )
)
MINUS = "\N{MINUS SIGN}"


def decimals_of(currency: str) -> int:
    """How many decimals an amount of this currency has."""
    return 0 if currency in WITHOUT_CENTS else 2


def in_words(smallest: int, currency: str, *, decimals: int | None = None) -> str:
    """An amount in the currency's smallest unit, or with so many decimals: $14.99, 14.99 CHF, 1,499 JPY."""
    places = decimals_of(currency) if decimals is None else decimals
    sign = MINUS if smallest < 0 else ""
    whole, rest = divmod(abs(smallest), 10**places)
    number = f"{whole:,}.{rest:0{places}d}" if places else f"{whole:,}"
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency.upper()}"


def in_smallest(amount: Decimal, currency: str) -> int:
    """An amount as people write it, in the currency's smallest unit.

    :raises ValueError: it has more decimals than the currency.
    """
    smallest = amount.scaleb(decimals_of(currency))
    if smallest != smallest.to_integral_value():
        raise ValueError(f"{amount} has more decimals than {currency.upper()}.")
    return int(smallest)
