"""Limits where eight web processes serve, and Redis goes while they do.

Redis is reached directly and really dies: through a proxy in this process, which plays ten browsers at once, its
answers would wait for those browsers' threads, and be too late where nothing is wrong.
"""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django_ratelimit.core import _get_window

from identity.models import User
from payments.models import Purchase
from sandbox.redis import start_redis
from sandbox.stripe.client import SandboxControls
from security.kinds import AlertKind
from security.models import Alert
from tests.support.customer import Customer
from tests.support.product import Product, wait_for
from tests.support.shop import Shop

WEB_PROCESSES = 8
HOURLY = 5
AT_ONCE = 50


class Redis:
    """A server that keeps nothing over a restart."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = start_redis(directory, environment={})
        self.url = self._server.url

    def stop(self) -> None:
        """End it: connections are cut, and new ones refused."""
        self._server.stop()

    def start(self) -> None:
        """Have another one, which is empty, at the same address."""
        self._server = start_redis(self._directory, port=urlsplit(self.url).port or 0, environment={})


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Redis]:
    """The Redis that counts."""
    redis = Redis(tmp_path / "counters")
    yield redis
    redis.stop()


@pytest.fixture
def product(transactional_db: None, tmp_path: Path, counters: Redis) -> Iterator[Product]:
    """Eight web processes, forked from one that has loaded the product, and no worker."""
    environment = {
        "GUNICORN_CMD_ARGS": f"--preload --workers {WEB_PROCESSES}",
        "REDIS_URL": counters.url,
    }
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


def somebody(shop: Shop, name: str) -> User:
    """A customer whose hour and day have only just begun, or go on for a while."""
    for number in range(100):
        user = shop.customer(f"{name}-{number}")
        seconds_left = [_get_window(str(user.id), seconds) - time.time() for seconds in (3600, 86_400)]
        if min(seconds_left) > 300:
            return user
    raise AssertionError("Nobody's windows are open.")


def starts(
    pool: ThreadPoolExecutor, customers: list[Customer], count: int
) -> list[Future[requests.Response]]:
    """Purchases started at once, from several browsers of one person's."""
    return [pool.submit(customers[number % len(customers)].post_purchase) for number in range(count)]


def test_eight_web_processes_count_as_one_and_without_redis_nothing_is_started(
    product: Product, counters: Redis, shop: Shop
):
    alice_herself, bob_himself = somebody(shop, "alice"), somebody(shop, "bob")
    alice = [Customer(product.url, alice_herself, keep_alive=False) for _ in range(10)]
    bob = [Customer(product.url, bob_himself, keep_alive=False) for _ in range(10)]
    for customer in (*alice, *bob):
        assert customer.get("/buy-tokens").ok  # each has its form's token
    with ThreadPoolExecutor(10) as pool:
        at_once = starts(pool, alice, AT_ONCE)
        assert Counter(each.result().status_code for each in at_once) == {201: HOURLY, 429: AT_ONCE - HOURLY}
        served_by = {line for line in product.web.output().splitlines() if "Booting worker" in line}
        assert len(served_by) == WEB_PROCESSES

        under_way = starts(pool, bob, AT_ONCE)
        wait_for(lambda: Purchase.objects.filter(buyer=bob_himself).exists(), what="Bob has started one")
        counters.stop()
        answers = Counter(each.result().status_code for each in [*under_way, *starts(pool, bob, 10)])
        assert answers[503] >= 10
        assert set(answers) <= {201, 429, 503}
        assert bob[0].get("/buy-tokens").ok, "everything else goes on"
        assert bob[0].get("/api/tokens/balance").ok

        counters.start()
        again = Counter(each.result().status_code for each in starts(pool, bob, 20))

    assert set(again) <= {201, 429, 503}
    assert Purchase.objects.filter(buyer=bob_himself).count() == HOURLY
    assert answers[201] + again[201] <= HOURLY
    assert Alert.objects.get(kind=AlertKind.LIMITER_UNAVAILABLE).count >= 10
    for customer in (*alice, *bob):
        customer.close()
