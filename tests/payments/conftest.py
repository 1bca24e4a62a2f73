"""Shops, with and without a webhook."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from sandbox.stripe.client import SandboxControls
from tests.support.shop import Shop
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["counter", "shop", "stripe_sandbox"]


@pytest.fixture
def counter(transactional_db: None) -> Iterator[Shop]:
    """The four packages on sale at an empty Stripe that knows no webhook."""
    controls = SandboxControls(settings.STRIPE_API_BASE)
    controls.reset()
    shop = Shop(controls, "")
    shop.publish()
    yield shop
    controls.stop_failing()
    shop.assert_sound()
