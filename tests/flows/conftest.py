"""Flows run whole."""

from tests.support.product_fixtures import enter, product, running_shop
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["enter", "product", "running_shop", "shop", "stripe_sandbox"]
