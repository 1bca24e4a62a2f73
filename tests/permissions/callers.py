"""The five who ask, and how each asks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client

from identity.models import User
from tests.admin.rows import person
from tests.permissions.table import Answer, Asked, Row

REDIRECTS = range(300, 400)


@dataclass
class Callers:
    """Alice owns the rows, Bob is a customer too, Dave and Carol work here."""

    owner: User
    other: User
    staff: User
    entitled: User
    browsers: dict[str, Client] = field(default_factory=dict)

    @classmethod
    def appear(cls) -> "Callers":
        return cls(
            owner=person("alice"),
            other=person("bob"),
            staff=person("dave", is_staff=True),
            entitled=person("carol", is_staff=True),
        )

    def give_rights(self, rights: tuple[str, ...]) -> None:
        """To Carol just these, to Dave all others; where nothing is asked for, Carol may do everything."""
        all_rights = {
            f"{right.content_type.app_label}.{right.codename}": right
            for right in Permission.objects.select_related("content_type")
        }
        self.staff.user_permissions.set(right for name, right in all_rights.items() if name not in rights)
        self.entitled.user_permissions.set(all_rights[name] for name in rights)
        self.entitled.is_superuser = not rights
        self.entitled.save(update_fields=["is_superuser"])

    def ask(self, row: Row, world: dict[str, str]) -> Iterator[tuple[str, str, Answer, HttpResponse]]:
        """Each asks by each method: who, how, what is expected, what came."""
        for method, expected in (("get", row.get), ("post", row.post)):
            for who in Asked._fields:
                browser = self.browsers.get(who) or self._browser(who)
                data = row.data if method == "post" else None
                response = getattr(browser, method)(f"/{row.at.format(**world)}", data)
                if settings.SESSION_COOKIE_NAME in response.cookies:  # signed out, or more than looked at
                    del self.browsers[who]
                yield who, method.upper(), _filled(getattr(expected, who), world), response

    def _browser(self, who: str) -> Client:
        browser = Client(raise_request_exception=False)
        if user := getattr(self, who, None):
            browser.force_login(user)
        self.browsers[who] = browser
        return browser


def told(response: HttpResponse) -> Answer:
    """What came, as the tables write it."""
    if response.status_code in REDIRECTS and response.has_header("Location"):
        return f"→ {urlsplit(response['Location']).path}"
    return response.status_code


def _filled(answer: Answer, world: dict[str, Any]) -> Answer:
    return answer.format(**world) if isinstance(answer, str) else answer
