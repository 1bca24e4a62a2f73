"""Every address of the project, taken from the URL configuration itself."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Answered by middleware, before URLs are looked at: config.health and config.metrics.
OUTSIDE_THE_URLS = ("healthz", "readyz", "metrics")
NAMED_GROUP = re.compile(r"\(\?P(<\w+>)[^()]*\)")


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Each route as the URL configuration writes it, its named groups in short, with its pattern."""
    return _below(get_resolver(), "")


def _below(resolver: URLResolver | Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + NAMED_GROUP.sub(r"\1", str(pattern.pattern)).strip("^$")
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, route)
        else:
            yield route, pattern


def routes() -> set[str]:
    """Every route there is."""
    return {route for route, _ in patterns()} | set(OUTSIDE_THE_URLS)
