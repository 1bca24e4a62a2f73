"""People in front of the running site, which Stripe's sandbox tells of payments as Stripe does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django.live_server_helper import LiveServer

from identity.models import User
from sandbox.stripe.client import SandboxControls
from tests.support.browser import visit, visitor
from tests.support.shop import Shop

__all__ = ["visit", "visitor"]

HERE = __file__.rpartition("/")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Chromium is needed, and the site's own threads see only what is committed."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
def site_url(live_server: LiveServer, settings: Any) -> str:
    """The site's address; what is sent to Stripe leads back to it."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def shop(transactional_db: None, site_url: str) -> Iterator[Shop]:
    """The four packages on sale; after the test nothing in the books may be wrong."""
    controls = SandboxControls(django_settings.STRIPE_API_BASE)
    controls.reset()
    shop = Shop(controls, f"{site_url}/api/stripe/webhook")
    shop.open()
    yield shop
    shop.assert_sound()
    controls.reset()


@pytest.fixture
def alice(shop: Shop) -> User:
    """A customer."""
    return shop.customer("alice")
