"""What breaks the product, as fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.support.failpoints import Failpoints
from tests.support.faults import PAID, Buyers
from tests.support.shop import Shop


@pytest.fixture
def failpoints(tmp_path: Path) -> Iterator[Failpoints]:
    """Points at which processes die or stand still, where they are started with these."""
    failpoints = Failpoints(tmp_path / "failpoints")
    yield failpoints
    failpoints.disarm()


@pytest.fixture
def buyers(running_shop: Shop, settings: Settings) -> Buyers:
    """People who buy at the running product. Stripe tells of payments alone, so that each fault is at one."""
    running_shop.stripe.register_endpoint(
        running_shop.webhook_url, secret=settings.STRIPE_WEBHOOK_SECRETS[0], enabled_events=[PAID]
    )
    return Buyers(running_shop)
