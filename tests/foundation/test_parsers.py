"""JSON bodies have a bounded depth."""

import io
import json

import pytest
from rest_framework.exceptions import ParseError

from foundation import limits
from foundation.parsers import BoundedJSONParser


def parse(text: str) -> object:
    return BoundedJSONParser().parse(io.BytesIO(text.encode()))


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize(
    "text", ["1", "[]", '{"a": [1, {"b": "c"}]}', nested(limits.JSON_DEPTH_MAX - 1)], ids=range(4)
)
def test_a_body_of_reasonable_depth_is_read(text: str) -> None:
    assert parse(text) == json.loads(text)


@pytest.mark.parametrize(
    "text", [nested(limits.JSON_DEPTH_MAX + 1), "[" * 100_000, "[" * 50_000 + "]" * 50_000], ids=range(3)
)
def test_a_deeper_one_is_malformed(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)
