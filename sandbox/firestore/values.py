"""Firestore's values: paths into a document's fields, and the order of values."""

from collections.abc import Callable
from typing import Any

from sandbox.firestore.messages import MapValue, Value

NUMBERS = ("integer_value", "double_value")
INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1

# Values of different types are ordered by type, in this order.
RANK = {
    "null_value": 0,
    "boolean_value": 1,
    "integer_value": 2,
    "double_value": 2,
    "timestamp_value": 3,
    "string_value": 4,
    "bytes_value": 5,
    "reference_value": 6,
    "geo_point_value": 7,
    "array_value": 8,
    "map_value": 9,
}

SortKey = tuple[int, Any]


def kind_of(value: Any) -> str:
    """Give the name of the field that holds the value, `integer_value` and so on."""
    return value.WhichOneof("value_type") or "null_value"


def parse_path(path: str) -> list[str]:
    """Split a field path: a.`b.c`.d becomes a, b.c, d."""
    parts: list[str] = []
    position = 0
    while position < len(path):
        if path[position] == "`":
            part, position = _quoted_part(path, position + 1)
        else:
            end = path.find(".", position)
            end = len(path) if end < 0 else end
            part, position = path[position:end], end
        parts.append(part)
        position += 1  # the dot
    return parts


def _quoted_part(path: str, position: int) -> tuple[str, int]:
    """Read up to the closing backtick; give the part and the position after the backtick."""
    part = ""
    while path[position] != "`":
        if path[position] == "\\":
            position += 1
        part += path[position]
        position += 1
    return part, position + 1


def get_field(fields: Any, path: list[str]) -> Any | None:
    """Give the value at a path, or None."""
    current = None
    for part in path:
        if part not in fields:
            return None
        current = fields[part]
        fields = current.map_value.fields if kind_of(current) == "map_value" else {}
    return current


def set_field(fields: Any, path: list[str], value: Any | None) -> None:
    """Put a value at a path, making the maps above it; None deletes."""
    for part in path[:-1]:
        if part not in fields or kind_of(fields[part]) != "map_value":
            if value is None:
                return
            fields[part].CopyFrom(Value(map_value=MapValue()))
        fields = fields[part].map_value.fields
    if value is not None:
        fields[path[-1]].CopyFrom(value)
    elif path[-1] in fields:
        del fields[path[-1]]


def copy_fields(source: Any, target: Any) -> None:
    """Copy all fields of one document into another."""
    for name in source.fields:
        target.fields[name].CopyFrom(source.fields[name])


def is_number(value: Any | None) -> bool:
    """Tell whether there is a value and it is a number."""
    return value is not None and kind_of(value) in NUMBERS


def number_in(value: Any) -> int | float:
    """Give the number that a number's value holds."""
    number: int | float = getattr(value, kind_of(value))
    return number


def is_nan(value: Any) -> bool:
    """Tell whether the value is the number that equals nothing."""
    return kind_of(value) == "double_value" and value.double_value != value.double_value


def sort_key(value: Any) -> SortKey:
    """Give a key under which values compare as Firestore compares them."""
    kind = kind_of(value)
    return (RANK[kind], _content_key(kind, value))


def _content_key(kind: str, value: Any) -> Any:
    content = getattr(value, kind)
    convert = CONVERSIONS.get(kind)
    return convert(content) if convert else content


def _number_key(number: float) -> tuple[int, int | float]:
    """NaN, which equals nothing, not even itself, sorts before every number."""
    return (0, 0) if number != number else (1, number)  # noqa: PLR0124 - NaN


# Booleans and bytes compare as they are.
CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "null_value": lambda _: 0,
    "integer_value": _number_key,
    "double_value": _number_key,
    "timestamp_value": lambda moment: (moment.seconds, moment.nanos),
    "string_value": lambda text: text.encode(),
    "reference_value": lambda name: tuple(name.split("/")),
    "geo_point_value": lambda point: (point.latitude, point.longitude),
    "array_value": lambda array: [sort_key(item) for item in array.values],
    "map_value": lambda content: [(name, sort_key(content.fields[name])) for name in sorted(content.fields)],
}
