"""Reconciliation's look at Firestore: it costs the database the same for many, and no single call ends it."""

import grpc
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mirror import limits
from mirror.errors import FirestoreDenied, FirestoreTimeout
from mirror.services.comparison import compare_all, compare_sample
from tests.support.firestore_proxy import Fault
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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(limits, "COMPARE_RETRY_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(limits, "COMPARE_RETRY_PAUSE_SECONDS_MAX", 0.02)


@pytest.mark.parametrize("status", [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_a_look_at_everything_goes_on_after_a_call_that_failed(shop, proxy, impatient, status):
    shop.buy("alice")
    shop.drain()
    proxy.plan("BatchGetDocuments", Fault(refuse=status))
    compared = compare_all()
    assert proxy.planned == 0
    assert compared.looked_at > 1
    assert not compared.differing


def test_it_ends_where_firestore_stays_away_or_does_not_know_us(shop, proxy, impatient, monkeypatch):
    shop.buy("alice")
    shop.drain()
    proxy.plan("BatchGetDocuments", Fault(refuse=grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(FirestoreDenied):
        compare_all()
    monkeypatch.setattr(limits, "COMPARE_RETRY_SECONDS_MAX", 0.1)
    proxy.plan("BatchGetDocuments", *[Fault(refuse=grpc.StatusCode.DEADLINE_EXCEEDED)] * 1_000)
    with pytest.raises(FirestoreTimeout):
        compare_all()
    proxy.forget_plans()
