"""What comes in and goes out over HTTP, and the routes between them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.stripe.errors import ControlError

JSON = "application/json"
HTML = "text/html; charset=utf-8"

H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True)
class Request:
    """One request; header names are lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """Return the body of a control.

        Raises:
            ControlError: it is not a JSON object.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise ControlError("The body is not JSON.") from error
        if not isinstance(value, dict):
            raise ControlError("The body is not a JSON object.")
        return value


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class ConnectionLost(Exception):
    """Break the connection instead of answering."""


def json_response(value: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(status, json.dumps(value).encode())


def redirect(location: str) -> Response:
    """Return 303 See Other."""
    return Response(303, headers={"Location": location})


@dataclass(frozen=True)
class Route(Generic[H]):
    """A method, a path with `{names}` for its variable parts, and who answers."""

    method: str
    path: str
    handler: H

    def pattern(self) -> re.Pattern[str]:
        """Return the path as a regular expression with named groups."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + r"\Z")


class Routes(Generic[H]):
    """Finds the handler of a request."""

    def __init__(self, routes: list[Route[H]]) -> None:
        self._routes = [(route.method, route.pattern(), route) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route[H], dict[str, str]] | None:
        """Return the route and the variable parts of the path."""
        for route_method, pattern, route in self._routes:
            if route_method == method and (match := pattern.match(path)):
                return route, match.groupdict()
        return None
