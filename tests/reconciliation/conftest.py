"""Shops, with and without a webhook."""

import pytest

from tests.payments.conftest import counter
from tests.support.shop_fixtures import own_firestore, shop, stripe_sandbox

__all__ = ["counter", "own_firestore", "shop", "stripe_sandbox"]


@pytest.fixture(autouse=True)
def _own_firestore(own_firestore: None) -> None:
    """What belongs to nobody is looked for in all of Firestore."""
