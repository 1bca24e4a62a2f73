"""`manage.py smoke` at the running product: all in order, a purchase, and versions that do not belong together."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config.smoke.runner import CHECKS
from sandbox.stripe.client import SandboxControls
from tests.smoke.conftest import Smoke
from tests.support.product import Product
from tests.support.shop import Shop

VERSION = "release-7"


@pytest.fixture
def product(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Product]:
    """Web, worker and beat of one version; the test's settings are those of a job in the same installation."""
    with Product(tmp_path, environment={"VERSION": VERSION}) as product:
        settings.VERSION = VERSION
        settings.SITE_URL = product.url
        settings.REDIS_URL = product.redis_url
        settings.CACHES = {
            name: {**cache, "LOCATION": product.redis_url} for name, cache in settings.CACHES.items()
        }
        settings.GOOGLE_CLOUD_PROJECT = product.project
        yield product


def test_all_is_in_order_and_somebody_buys_and_each_stranger_among_the_processes_is_named(
    product: Product, stripe_sandbox: SandboxControls, smoke: Smoke, settings: Settings
):
    shop = Shop(stripe_sandbox, product.webhook_url)
    shop.open()
    product.start()

    found = smoke(product.url, "--purchase", "--without", "firestore_rules", patience=30)

    assert found.keys() == {*CHECKS, "purchase"} - {"firestore_rules"}
    others = {name: told for name, told in found.items() if told[0] != "ok"}
    assert others == {"tls": ("skipped", "plain http, as a sandbox may be served")}
    assert found["purchase"] == ("ok", "starter: 0 tokens became 50")
    assert found["packages"][1] == "starter $4.99, basic $14.99, pro $29.99, premium $49.99"

    settings.VERSION = "release-8"
    found = smoke(product.url, "--only", "version,workers,beat")
    assert {verdict for verdict, _ in found.values()} == {"failed"}
    assert all(VERSION in words for _, words in found.values())

    product.worker.kill()
    assert smoke(product.url, "--only", "workers")["workers"] == ("failed", "no worker answers")
    shop.assert_sound()
