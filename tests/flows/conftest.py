"""Flows run whole."""

from tests.support.fault_fixtures import buyers, failpoints
from tests.support.product_fixtures import enter, product, running_shop
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["buyers", "enter", "failpoints", "product", "running_shop", "shop", "stripe_sandbox"]
