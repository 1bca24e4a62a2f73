"""Takes secrets, cards and people's addresses out of what is logged or reported."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"
DEPTH_MAX = 8
_SECRET_NAMES = re.compile(
    r"password|passwd|secret|token$|authorization|cookie|api_?key|private_?key|signature|dsn|card_?number|cvc",
    re.IGNORECASE,
)
# A text without the first is not searched for the second: most lines hold none of these, and there are many lines.
_SECRET_TEXTS = (
    ("k_", re.compile(r"\b(sk|rk|pk)_(test|live)_[A-Za-z0-9]{6,}"), rf"\1_\2_{HIDDEN}"),
    ("whsec_", re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), f"whsec_{HIDDEN}"),
    ("", re.compile(r"\b(Bearer|Api-Key|Basic)\s+[A-Za-z0-9._~+/=:-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        "ey",
        re.compile(r"\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
        HIDDEN,
    ),  # a JSON web token
    ("://", re.compile(r"(://[^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),  # a password in an address
    (
        "/accounts/",
        re.compile(r"(/accounts/(?:confirm-email|password/reset/key)/)[^/\s?]+"),
        rf"\1{HIDDEN}",
    ),
    (
        "@",
        re.compile(r"\b([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})"),
        r"\1…@\2",
    ),
)
_CARD = re.compile(r"(?<![\w-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])")
_CARD_DIGITS_SUM = 10


def redact(value: Any, depth: int = 0) -> Any:
    """Give the same value with secrets hidden: by the name of a member, or by the look of a text."""
    if depth > DEPTH_MAX:
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {key: _member(key, member, depth) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [redact(member, depth + 1) for member in value]
    return value


def redact_text(text: str) -> str:
    """Hide what looks like a secret, a card or an e-mail address (its first letter and domain stay)."""
    for part, pattern, replacement in _SECRET_TEXTS:
        if part in text:
            text = pattern.sub(replacement, text)
    return _CARD.sub(lambda found: HIDDEN if _is_card(found.group()) else found.group(), text)


def _member(name: object, value: Any, depth: int) -> Any:
    if isinstance(name, str) and isinstance(value, str | bytes) and _SECRET_NAMES.search(name):
        return HIDDEN
    return redact(value, depth + 1)


def _is_card(text: str) -> bool:
    """Luhn's check: long numbers that are no cards, such as amounts and times, stay readable."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % _CARD_DIGITS_SUM == 0
