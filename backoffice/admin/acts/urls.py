"""The addresses of the actions' pages, below the admin's."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from backoffice.admin.acts.act import Act
from backoffice.admin.acts.decide import decide_page
from backoffice.admin.acts.grants import Grants
from backoffice.admin.acts.purchases import Refund, Release
from backoffice.admin.acts.wallets import Adjust, Reverse

ON_A_ROW: tuple[Act, ...] = (Adjust(), Reverse(), Refund(), Release())


def act_urls(wrap: Callable[[Callable[..., Any]], Any]) -> list[URLPattern]:
    """Give each action its page; `wrap` lets staff in only."""
    return [
        *(path(f"act/{act.name}/<uuid:pk>/", wrap(act.page), name=f"act_{act.name}") for act in ON_A_ROW),
        path("act/decide/<uuid:pk>/", wrap(decide_page), name="act_decide"),
        path("act/grants/", wrap(Grants().page), name="act_grants"),
    ]
