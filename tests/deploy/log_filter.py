"""Cloud Logging's query language, as far as deploy/monitoring uses it: what a filter says about a line.

https://cloud.google.com/logging/docs/view/logging-query-language: NOT binds closest, then OR, then AND.
"""

import operator
import re
from collections.abc import Callable
from typing import Any

Line = dict[str, Any]
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|=~|!=|>=|<=|[()=<>]|[\w.\-]+)')
NUMBERS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def matches(text: str, line: Line) -> bool:
    """Tell whether the filter finds this line of ours, which Cloud Run stores as jsonPayload."""
    reader = _Reader(TOKEN.findall(text), {"jsonPayload": line})
    found = reader.conjunction()
    assert reader.rest == [], f"not understood: {reader.rest}"
    return found


class _Reader:
    def __init__(self, tokens: list[str], entry: Line) -> None:
        self.rest = tokens
        self._entry = entry

    def conjunction(self) -> bool:
        found = [self._disjunction()]
        while self._take("AND"):
            found.append(self._disjunction())
        return all(found)

    def _disjunction(self) -> bool:
        found = [self._term()]
        while self._take("OR"):
            found.append(self._term())
        return any(found)

    def _term(self) -> bool:
        if self._take("NOT"):
            return not self._term()
        if self._take("("):
            found = self.conjunction()
            assert self._take(")")
            return found
        field, sign = self.rest.pop(0), self.rest.pop(0)
        value = self._field(field)
        return any(_compare(sign, value, wanted) for wanted in self._values())

    def _values(self) -> list[str]:
        if not self._take("("):
            return [self.rest.pop(0)]
        values = [self.rest.pop(0)]
        while self._take("OR"):
            values.append(self.rest.pop(0))
        assert self._take(")")
        return values

    def _take(self, word: str) -> bool:
        if self.rest[:1] != [word]:
            return False
        self.rest.pop(0)
        return True

    def _field(self, path: str) -> Any:
        value: Any = self._entry
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value


def _compare(sign: str, value: Any, wanted: str) -> bool:
    if value is None:
        return False
    text = wanted.strip('"')
    if sign in NUMBERS:
        return isinstance(value, int | float) and NUMBERS[sign](value, float(text))
    if sign == "=~":
        return re.search(text, str(value)) is not None
    return (str(value) == text) is (sign == "=")
