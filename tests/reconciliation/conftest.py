"""Shops, with and without a webhook."""

from tests.payments.conftest import counter
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["counter", "shop", "stripe_sandbox"]
