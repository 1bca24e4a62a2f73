"""Limits where eight web processes serve, and Redis goes while they do."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
import requests

from payments.models import Purchase
from sandbox.stripe.client import SandboxControls
from security.kinds import AlertKind
from security.models import Alert
from tests.support.customer import Customer
from tests.support.product import Product, wait_for
from tests.support.shop import Shop

WEB_PROCESSES = 8
HOURLY = 5
AT_ONCE = 50


@pytest.fixture
def product(transactional_db: None, tmp_path: Path) -> Iterator[Product]:
    """Eight web processes, forked from one that has loaded the product, and no worker."""
    environment = {"GUNICORN_CMD_ARGS": f"--preload --workers {WEB_PROCESSES}"}
    with Product(tmp_path, environment=environment) as product:
        product.start(product.web)
        yield product


@pytest.fixture
def shop(product: Product, stripe_sandbox: SandboxControls) -> Iterator[Shop]:
    """The packages on sale; nobody is told of payments, since nobody pays."""
    shop = Shop(stripe_sandbox, "")
    shop.publish()
    yield shop
    shop.assert_sound()


def starts(
    pool: ThreadPoolExecutor, customers: list[Customer], count: int
) -> list[Future[requests.Response]]:
    """Purchases started at once, from several browsers of one person's."""
    return [pool.submit(customers[number % len(customers)].post_purchase) for number in range(count)]


def test_eight_web_processes_count_as_one_and_without_redis_nothing_is_started(product: Product, shop: Shop):
    alice = [Customer(product.url, shop.customer("alice"), keep_alive=False) for _ in range(10)]
    bob = [Customer(product.url, shop.customer("bob"), keep_alive=False) for _ in range(10)]
    for customer in (*alice, *bob):
        assert customer.get("/buy-tokens").ok  # each has its form's token
    with ThreadPoolExecutor(10) as pool:
        at_once = starts(pool, alice, AT_ONCE)
        assert Counter(each.result().status_code for each in at_once) == {201: HOURLY, 429: AT_ONCE - HOURLY}
        served_by = {line for line in product.web.output().splitlines() if "Booting worker" in line}
        assert len(served_by) == WEB_PROCESSES

        under_way = starts(pool, bob, AT_ONCE)
        wait_for(
            lambda: Purchase.objects.filter(buyer=shop.customer("bob")).exists(), what="Bob has started one"
        )
        product.redis.stop()
        answers = Counter(each.result().status_code for each in [*under_way, *starts(pool, bob, 10)])
        assert answers[503] >= 10
        assert set(answers) <= {201, 429, 503}
        assert bob[0].get("/buy-tokens").ok, "everything else goes on"
        assert bob[0].get("/api/tokens/balance").ok

        with redis.from_url(product.redis_server_url) as emptied:
            emptied.flushall()
        product.redis.start()
        again = Counter(each.result().status_code for each in starts(pool, bob, 20))

    assert set(again) <= {201, 429, 503}
    assert Purchase.objects.filter(buyer=shop.customer("bob")).count() == HOURLY
    assert answers[201] + again[201] <= HOURLY
    assert Alert.objects.get(kind=AlertKind.LIMITER_UNAVAILABLE).count >= 10
    for customer in (*alice, *bob):
        customer.close()
