"""The running product as fixtures: afterwards the mirror has caught up, and nothing in the books is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from mirror.models import OutboxRow
from sandbox.stripe.client import SandboxControls
from tests.support.customer import Customer, Enter
from tests.support.product import Product, wait_for
from tests.support.shop import Shop


@pytest.fixture
def product(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Product]:
    """The product with web and worker running, and no timetable; logs are in the test's directory."""
    with Product(tmp_path) as product:
        settings.GOOGLE_CLOUD_PROJECT = product.project  # the test looks where the product writes
        product.start(product.web, product.worker)
        yield product


@pytest.fixture
def running_shop(product: Product, stripe_sandbox: SandboxControls) -> Iterator[Shop]:
    """The four packages on sale at the running product."""
    shop = Shop(stripe_sandbox, product.webhook_url)
    shop.open()
    yield shop
    stripe_sandbox.stop_failing()
    product.bring_back()
    product.wake()
    wait_for(lambda: not OutboxRow.objects.exists(), what="the outbox is empty")
    shop.assert_sound()


@pytest.fixture
def enter(product: Product, running_shop: Shop) -> Iterator[Enter]:
    """Have somebody enter the shop: `enter("alice")`."""
    people: dict[str, Customer] = {}

    def come(name: str) -> Customer:
        return people.setdefault(name, Customer(product.url, running_shop.customer(name)))

    yield come
    for customer in people.values():
        customer.close()
