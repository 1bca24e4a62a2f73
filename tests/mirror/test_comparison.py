"""Reconciliation's look at Firestore: it costs the database the same for many, and no single call ends it."""

from collections.abc import Sequence
from dataclasses import replace

import grpc
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from google.cloud import firestore

from mirror import limits
from mirror.errors import FirestoreDenied, FirestoreTimeout
from mirror.services import projections
from mirror.services.comparison import Compared, compare_all, compare_sample
from payments.services.reconciliation.runner import reconcile
from tests.support.firestore_proxy import Fault
from tests.support.reconciling import SINCE, later, open_rows
from tests.support.shop import Shop, open_customer
from tests.support.shop_fixtures import own_firestore, shop, stripe_sandbox

__all__ = ["own_firestore", "shop", "stripe_sandbox"]
pytestmark = pytest.mark.usefixtures("own_firestore")


def looked_at(batches: list[Compared]) -> int:
    return sum(len(each.looked_at) for each in batches)


def test_more_wallets_are_no_more_queries(shop: Shop):
    shop.buy("alice")
    shop.drain()
    list(compare_sample())
    with CaptureQueriesContext(connection) as of_one:
        few = list(compare_sample())
    for name in ("bob", "carol", "erin"):
        open_customer(name)
    shop.drain()
    with CaptureQueriesContext(connection) as of_many:
        many = list(compare_sample())
    assert looked_at(many) == looked_at(few) + 3
    assert not any(each.differing for each in many)
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
    compared = list(compare_all())
    assert proxy.planned == 0
    assert looked_at(compared) > 1
    assert not any(each.differing for each in compared)


def test_it_ends_where_firestore_stays_away_or_does_not_know_us(shop, proxy, impatient, monkeypatch):
    shop.buy("alice")
    shop.drain()
    proxy.plan("BatchGetDocuments", Fault(refuse=grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(FirestoreDenied):
        list(compare_all())
    monkeypatch.setattr(limits, "COMPARE_RETRY_SECONDS_MAX", 0.1)
    proxy.plan("BatchGetDocuments", *[Fault(refuse=grpc.StatusCode.DEADLINE_EXCEEDED)] * 1_000)
    with pytest.raises(FirestoreTimeout):
        list(compare_all())
    proxy.forget_plans()


@pytest.mark.parametrize("is_whole", [False, True], ids=["sample", "whole"])
def test_what_was_found_is_kept_when_firestore_goes_away_after_the_wallets(shop, proxy, is_whole):
    shop.buy("alice")
    shop.drain()
    wallet = shop.wallet("alice")
    database = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    database.document(f"users/{wallet.document_id}").delete(timeout=10)
    database.close()
    packages = projections.registration_of("package")

    def go_away(after: str, limit: int) -> Sequence[str]:
        proxy.plan("BatchGetDocuments", *[Fault(refuse=grpc.StatusCode.PERMISSION_DENIED)] * 100)
        return packages.subjects(after, limit)

    projections._registrations["package"] = replace(packages, subjects=go_away)
    now = later()

    (result,) = reconcile(names=["mirror"], since=now - SINCE, now=now, is_whole=is_whole)

    proxy.forget_plans()
    assert result.error
    assert open_rows("mirror") == {("firestore_differs", f"wallet:{wallet.account_id}")}
