"""Structured queries over a collection's documents: filters, order, cursors, limits."""

from collections.abc import Callable, Iterable
from typing import Any

from google.cloud.firestore_v1.types import StructuredQuery

from sandbox.firestore.errors import unimplemented
from sandbox.firestore.messages import Document, Value
from sandbox.firestore.values import (
    RANK,
    SortKey,
    get_field,
    is_nan,
    kind_of,
    parse_path,
    set_field,
    sort_key,
)

NAME = "__name__"
AND = StructuredQuery.CompositeFilter.Operator.AND
FieldOperator = StructuredQuery.FieldFilter.Operator
UnaryOperator = StructuredQuery.UnaryFilter.Operator
DESCENDING = StructuredQuery.Direction.DESCENDING

INEQUALITIES = {
    FieldOperator.LESS_THAN,
    FieldOperator.LESS_THAN_OR_EQUAL,
    FieldOperator.GREATER_THAN,
    FieldOperator.GREATER_THAN_OR_EQUAL,
    FieldOperator.NOT_EQUAL,
    FieldOperator.NOT_IN,
}

# Each takes the document's value and the filter's, as sort keys.
COMPARISONS: dict[int, Callable[[SortKey, SortKey], bool]] = {
    FieldOperator.EQUAL: lambda ours, theirs: ours == theirs,
    FieldOperator.NOT_EQUAL: lambda ours, theirs: ours != theirs and ours[0] != RANK["null_value"],
    FieldOperator.LESS_THAN: lambda ours, theirs: ours[0] == theirs[0] and ours < theirs,
    FieldOperator.LESS_THAN_OR_EQUAL: lambda ours, theirs: ours[0] == theirs[0] and ours <= theirs,
    FieldOperator.GREATER_THAN: lambda ours, theirs: ours[0] == theirs[0] and ours > theirs,
    FieldOperator.GREATER_THAN_OR_EQUAL: lambda ours, theirs: ours[0] == theirs[0] and ours >= theirs,
    FieldOperator.IN: lambda ours, theirs: ours in theirs[1],
    FieldOperator.NOT_IN: lambda ours, theirs: ours not in theirs[1] and ours[0] != RANK["null_value"],
    FieldOperator.ARRAY_CONTAINS: lambda ours, theirs: _is_array(ours) and theirs in ours[1],
    FieldOperator.ARRAY_CONTAINS_ANY: lambda ours, theirs: (
        _is_array(ours) and any(item in ours[1] for item in theirs[1])
    ),
}

Order = tuple[str, bool]  # a field path, and whether it descends


def _is_array(key: SortKey) -> bool:
    return key[0] == RANK["array_value"]


def run_query(documents: Iterable[Any], query: Any) -> list[Any]:
    """Give the documents that a query selects, in its order.

    :param documents: those of the query's collection, or of all collections with its id
    :raises Refused: UNIMPLEMENTED for nearest-neighbour queries
    """
    if query.HasField("find_nearest"):
        raise unimplemented("nearest-neighbour search")
    orders = _orders(query)
    found = [
        document for document in documents if not query.HasField("where") or matches(query.where, document)
    ]
    found = [
        document for document in found if all(value_at(document, path) is not None for path, _ in orders)
    ]
    for path, descends in reversed(orders):
        found.sort(key=lambda document: sort_key(value_at(document, path)), reverse=descends)
    found = _between_cursors(found, query, orders)[query.offset :]
    return found[: query.limit.value] if query.HasField("limit") else found


def value_at(document: Any, path: str) -> Any | None:
    """Give a document's value at a field path, or its name."""
    if path == NAME:
        return Value(reference_value=document.name)
    return get_field(document.fields, parse_path(path))


def matches(condition: Any, document: Any) -> bool:
    """Tell whether a document passes a filter."""
    kind = condition.WhichOneof("filter_type")
    if kind == "composite_filter":
        composite = condition.composite_filter
        results = (matches(part, document) for part in composite.filters)
        return all(results) if composite.op == AND else any(results)
    simple = getattr(condition, kind)
    value = value_at(document, simple.field.field_path)
    if value is None:
        return False
    if kind == "unary_filter":
        return _matches_unary(simple.op, value)
    return COMPARISONS[simple.op](sort_key(value), sort_key(simple.value))


def _matches_unary(operator: int, value: Any) -> bool:
    is_null = kind_of(value) == "null_value"
    return {
        UnaryOperator.IS_NAN: is_nan(value),
        UnaryOperator.IS_NULL: is_null,
        UnaryOperator.IS_NOT_NAN: not is_nan(value) and not is_null,
        UnaryOperator.IS_NOT_NULL: not is_null,
    }[UnaryOperator(operator)]


def _orders(query: Any) -> list[Order]:
    """Give the query's order, completed as Firestore does: inequality fields, then the name."""
    orders = [(order.field.field_path, order.direction == DESCENDING) for order in query.order_by]
    descends = orders[-1][1] if orders else False
    named = {path for path, _ in orders}
    if query.HasField("where"):
        unnamed = sorted(set(_inequality_paths(query.where)) - named - {NAME})
        orders += [(path, descends) for path in unnamed]
    return orders if NAME in named else [*orders, (NAME, descends)]


def _inequality_paths(condition: Any) -> list[str]:
    kind = condition.WhichOneof("filter_type")
    if kind == "composite_filter":
        return [path for part in condition.composite_filter.filters for path in _inequality_paths(part)]
    if kind == "field_filter" and condition.field_filter.op in INEQUALITIES:
        return [condition.field_filter.field.field_path]
    return []


def _between_cursors(found: list[Any], query: Any, orders: list[Order]) -> list[Any]:
    if query.HasField("start_at"):
        lowest = 0 if query.start_at.before else 1
        found = [d for d in found if _compare_to_cursor(d, query.start_at, orders) >= lowest]
    if query.HasField("end_at"):
        highest = -1 if query.end_at.before else 0
        found = [d for d in found if _compare_to_cursor(d, query.end_at, orders) <= highest]
    return found


def _compare_to_cursor(document: Any, cursor: Any, orders: list[Order]) -> int:
    """Say whether a document comes before (-1), at (0) or after (1) a cursor."""
    for (path, descends), value in zip(orders, cursor.values, strict=False):
        ours, theirs = sort_key(value_at(document, path)), sort_key(value)
        if ours != theirs:
            return -1 if (ours < theirs) != descends else 1
    return 0


def projected(document: Any, paths: list[str]) -> Any:
    """Give a document with no more than these fields; the name alone selects none."""
    view = Document(name=document.name)
    view.create_time.CopyFrom(document.create_time)
    view.update_time.CopyFrom(document.update_time)
    for path in paths:
        if path != NAME and (value := value_at(document, path)) is not None:
            set_field(view.fields, parse_path(path), value)
    return view
