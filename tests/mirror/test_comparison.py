"""Reconciliation's look at Firestore costs the database the same, however many wallets it looks at."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mirror.services.comparison import compare_sample
from tests.support.shop import Shop, open_customer
from tests.support.shop_fixtures import own_firestore, shop, stripe_sandbox

__all__ = ["own_firestore", "shop", "stripe_sandbox"]
pytestmark = pytest.mark.usefixtures("own_firestore")


def test_more_wallets_are_no_more_queries(shop: Shop):
    shop.buy("alice")
    shop.drain()
    compare_sample()
    with CaptureQueriesContext(connection) as of_one:
        few = compare_sample()
    for name in ("bob", "carol", "erin"):
        open_customer(name)
    shop.drain()
    with CaptureQueriesContext(connection) as of_many:
        many = compare_sample()
    assert many.looked_at == few.looked_at + 3
    assert not many.differing
    assert len(of_many) == len(of_one)
