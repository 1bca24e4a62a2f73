"""The shop as fixtures: real webhooks at the real URL, and the books are checked at the end of each test."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from sandbox.stripe.client import SandboxControls
from tests.support.shop import Shop


@pytest.fixture
def stripe_sandbox(transactional_db: None) -> SandboxControls:
    """The Stripe sandbox, empty."""
    controls = SandboxControls(settings.STRIPE_API_BASE)
    controls.reset()
    return controls


@pytest.fixture
def shop(stripe_sandbox: SandboxControls, live_server: LiveServer) -> Iterator[Shop]:
    """The four packages on sale; after the test nothing in the books may be wrong."""
    shop = Shop(stripe_sandbox, f"{live_server.url}/api/stripe/webhook")
    shop.open()
    yield shop
    shop.assert_sound()
