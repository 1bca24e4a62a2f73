"""Aggregations over the result of a query: count, sum, average."""

from collections.abc import Iterable
from typing import Any

from sandbox.firestore.messages import RunAggregationQueryResponse, Value
from sandbox.firestore.query import value_at
from sandbox.firestore.values import is_number, number_in


def aggregate(found: list[Any], aggregations: Iterable[Any], read_time: Any) -> Any:
    """Give the answer with one value per aggregation, under its alias."""
    answer = RunAggregationQueryResponse(read_time=read_time)
    for aggregation in aggregations:
        value = _aggregated(found, aggregation)
        answer.result.aggregate_fields[aggregation.alias].CopyFrom(value)
    return answer


def _aggregated(found: list[Any], aggregation: Any) -> Any:
    operator = aggregation.WhichOneof("operator")
    if operator == "count":
        limit = aggregation.count.up_to.value if aggregation.count.HasField("up_to") else len(found)
        return Value(integer_value=min(len(found), limit))
    path = getattr(aggregation, operator).field.field_path
    values = [value_at(document, path) for document in found]
    numbers = [number_in(value) for value in values if is_number(value)]
    total = sum(numbers)
    if operator == "sum":
        return Value(integer_value=total) if isinstance(total, int) else Value(double_value=total)
    return Value(double_value=total / len(numbers)) if numbers else Value(null_value=0)
