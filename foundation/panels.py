"""Tables on the page of a row that come from apps above the row's own, which knows nothing of them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

# Titles, and what `foundation.admin.table` makes.
Tables = list[tuple[str, dict[str, Any]]]
Panel = Callable[[HttpRequest, Any], Tables]
_panels: dict[str, list[Panel]] = {}


def register_panel(label: str, panel: Panel) -> None:
    """Have `panel` add tables to each page of this table's rows; it looks at the rights of who asks by itself.

    :param label: the table's, such as `identity.User`
    """
    _panels.setdefault(label, []).append(panel)


def panels_of(label: str, request: HttpRequest, row: Any) -> Tables:
    """The tables that apps have registered, in the order in which they did."""
    return [table for panel in _panels.get(label, ()) for table in panel(request, row)]
