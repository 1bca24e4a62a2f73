"""The shop as fixtures: real webhooks at the real URL, and the books are checked at the end of each test."""

import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings
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
def own_firestore(settings: Settings) -> None:
    """A Firestore project of this test's own, without what the tests before it have left in theirs."""
    settings.GOOGLE_CLOUD_PROJECT = f"demo-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def shop(stripe_sandbox: SandboxControls, live_server: LiveServer) -> Iterator[Shop]:
    """The four packages on sale; after the test nothing in the books may be wrong."""
    shop = Shop(stripe_sandbox, f"{live_server.url}/api/stripe/webhook")
    shop.open()
    yield shop
    shop.assert_sound()
