"""Reads the bodies of the API's requests."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from foundation import limits


class BoundedJSONParser(parsers.JSONParser):
    """JSON whose nesting is bounded: a deeper one exhausts the stack of whoever walks through it later."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Read the body.

        :raises ParseError: `malformed_request`: it is no JSON, or nested deeper than `JSON_DEPTH_MAX`
        """
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        level = [data]
        for _ in range(limits.JSON_DEPTH_MAX):
            level = [child for value in level for child in _children(value)]
            if not level:
                return data
        raise ParseError("JSON parse error - nested too deeply")


def _children(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
