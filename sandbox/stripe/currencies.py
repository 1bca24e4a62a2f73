"""How amounts are counted and written."""

#: Currencies whose smallest unit is the whole.
NO_DECIMALS = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£"}


def money(amount: int, currency: str) -> str:
    """Return an amount in the smallest unit as people write it: `$14.99`, `12.00 CHF`, `500 JPY`."""
    number = f"{amount:,}" if currency in NO_DECIMALS else f"{amount // 100:,}.{amount % 100:02d}"
    return f"{_SYMBOLS[currency]}{number}" if currency in _SYMBOLS else f"{number} {currency.upper()}"
