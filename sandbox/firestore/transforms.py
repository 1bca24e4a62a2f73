"""Field transforms: what a write asks the server to compute."""

from typing import Any

from sandbox.firestore.errors import unimplemented
from sandbox.firestore.messages import ArrayValue, Value, timestamp
from sandbox.firestore.values import (
    INT64_MAX,
    INT64_MIN,
    get_field,
    is_number,
    kind_of,
    number_in,
    parse_path,
    set_field,
    sort_key,
)

MILLISECOND = 10**6
NULL = Value(null_value=0)


def apply_transform(document: Any, transform: Any, now: int) -> Any:
    """Change the document by one transform; give the result that the caller is told.

    :param now: the commit's time in nanoseconds; all transforms of a commit see the same
    """
    path = parse_path(transform.field_path)
    old = get_field(document.fields, path)
    kind = transform.WhichOneof("transform_type")
    match kind:
        case "set_to_server_value":
            new = Value(timestamp_value=timestamp(now // MILLISECOND * MILLISECOND))
            result = new
        case "increment":
            result = new = _incremented(old, transform.increment)
        case "maximum" | "minimum":
            result = new = _extreme(old, getattr(transform, kind), want_larger=kind == "maximum")
        case "append_missing_elements":
            new, result = _with_elements(old, transform.append_missing_elements.values), NULL
        case "remove_all_from_array":
            new, result = _without_elements(old, transform.remove_all_from_array.values), NULL
        case _:
            raise unimplemented(f"transform {kind}")
    told = Value()
    told.CopyFrom(result)
    set_field(document.fields, path, new)
    return told


def _copy(value: Any) -> Any:
    copied = Value()
    copied.CopyFrom(value)
    return copied


def _incremented(old: Any | None, amount: Any) -> Any:
    """Add; two integers stay within 64 bits, what is no number counts as absent."""
    if not is_number(old):
        return _copy(amount)
    if kind_of(old) == kind_of(amount) == "integer_value":
        total = old.integer_value + amount.integer_value  # type: ignore[union-attr]
        return Value(integer_value=max(INT64_MIN, min(INT64_MAX, total)))
    return Value(double_value=number_in(old) + number_in(amount))


def _extreme(old: Any | None, other: Any, *, want_larger: bool) -> Any:
    if not is_number(old):
        return _copy(other)
    is_larger = number_in(other) > number_in(old)
    is_smaller = number_in(other) < number_in(old)
    return _copy(other if (is_larger if want_larger else is_smaller) else old)


def _elements(old: Any | None) -> list[Any]:
    return list(old.array_value.values) if old is not None and kind_of(old) == "array_value" else []


def _with_elements(old: Any | None, added: Any) -> Any:
    elements = _elements(old)
    for element in added:
        if sort_key(element) not in [sort_key(present) for present in elements]:
            elements.append(element)
    return Value(array_value=ArrayValue(values=elements))


def _without_elements(old: Any | None, removed: Any) -> Any:
    unwanted = [sort_key(element) for element in removed]
    kept = [element for element in _elements(old) if sort_key(element) not in unwanted]
    return Value(array_value=ArrayValue(values=kept))
