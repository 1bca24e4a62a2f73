"""Flows run whole."""

from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["shop", "stripe_sandbox"]
