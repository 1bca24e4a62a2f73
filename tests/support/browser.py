"""A person with a browser: Chromium, driven through Playwright. Whatever goes wrong in it fails the test.

A page that asks for anything outside the site and its checkout, writes an error into the console, or breaks
the content policy fails its test. Set SCREENSHOTS to a directory to keep a picture of each page looked at.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)

from identity.models import User
from tests.support.servers import find_chromium

# Playwright's sync API runs an asyncio loop in the test's thread; Django would refuse the ORM there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",  # nothing leaves this machine
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
STEP_TIMEOUT_MILLISECONDS = 10_000


class Visitor:
    """Someone in front of a browser window."""

    def __init__(self, context: BrowserContext, allowed: tuple[str, ...]) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(STEP_TIMEOUT_MILLISECONDS)
        self.context = context
        self.outside: list[str] = []
        self.errors: list[str] = []
        self._allowed = allowed
        self._expected_failures: set[str] = set()
        context.on("request", self._note_outside)  # a route would do so, too, and have nothing cached
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)

    def _note_outside(self, request: Request) -> None:
        if not request.url.startswith((*self._allowed, "data:", "blob:")):
            self.outside.append(request.url)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"] not in self._expected_failures:
            self.errors.append(f"{message.text} ({message.location['url']})")

    def open(self, path: str, *, status: int = 200) -> Response:
        """Open a page of the site, which answers with this status."""
        if status >= 400:
            self.expect_failure(path)
        response = self.page.goto(path)
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}"
        return response

    def expect_failure(self, path: str) -> None:
        """Let this document fail: the browser writes that into its console."""
        self._expected_failures.add(f"{self._allowed[0]}{path}")

    def sign_in_quietly(self, user: User) -> None:
        """Give the browser a session of this person's, without the form."""
        client = Client()
        client.force_login(user)
        session: SessionBase = client.session
        cookie = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": str(session.session_key),
            "url": self._allowed[0],
        }
        self.context.add_cookies([cookie])  # type: ignore[list-item] # a dict where Playwright types a TypedDict

    def look(self, name: str) -> None:
        """Judge the page that is shown: accessible, nothing cut off sideways, nothing wrong so far."""
        self._keep_picture(name)
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        hidden: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert hidden <= 0, f"{name} is {hidden} px wider than the window"
        self.check()

    def check(self) -> None:
        """Nothing was asked of other sites, and no error was written."""
        assert self.outside == []
        assert self.errors == []

    def _keep_picture(self, name: str) -> None:
        """As high as the page is: what stays at the window's foot would else cover its middle."""
        if not (directory := os.environ.get("SCREENSHOTS")):
            return
        window = self.page.viewport_size
        assert window
        height: int = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
        self.page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
        self.page.set_viewport_size(window)


Visitors = Any  # the factory below: contextmanager(**options) -> Visitor


@contextmanager
def started_chromium() -> Generator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, site_url: str) -> Visitors:
    """Make visitors: `with visit(phone=True, dark=True) as visitor`. Leaving the block checks them."""

    @contextmanager
    def open_window(
        *, phone: bool = False, dark: bool = False, javascript: bool = True
    ) -> Generator[Visitor]:
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        context = chromium.new_context(
            base_url=site_url,
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type] # a dict where a TypedDict is typed
            color_scheme=scheme,
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        visitor = Visitor(context, (site_url, settings.STRIPE_API_BASE))
        try:
            yield visitor
            visitor.check()
        finally:
            context.close()

    return open_window


@pytest.fixture
def visitor(visit: Visitors) -> Generator[Visitor]:
    """A visitor at a desk."""
    with visit() as someone:
        yield someone
