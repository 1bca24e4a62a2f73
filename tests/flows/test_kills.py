"""The product's processes are killed again and again, at the worst moments: nothing is lost, nothing is there twice.

Judged by Stripe's own list of what was paid and told, and by every commit that Firestore took.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.support.failpoints import Failpoints
from tests.support.faults import Buyers, catch_up, tell_again
from tests.support.payments_judge import assert_nothing_acknowledged_is_lost
from tests.support.product import Product
from tests.support.shop import Shop

KILLS = 20
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def product(
    transactional_db: None, tmp_path: Path, settings: Settings, failpoints: Failpoints
) -> Iterator[Product]:
    """Web and worker, with failpoints. Who replaces a dead web process has the application loaded already."""
    environment = {**failpoints.environment, "GUNICORN_CMD_ARGS": "--preload"}
    with Product(tmp_path, environment=environment) as product:
        settings.GOOGLE_CLOUD_PROJECT = product.project
        product.start(product.web, product.worker)
        yield product


def test_the_web_process_killed_after_the_commit_and_before_the_answer_twenty_times_credits_all_once(
    product: Product, running_shop: Shop, failpoints: Failpoints, buyers: Buyers
):
    for number in range(KILLS):
        failpoints.arm("credited, not answered")
        buyers.pay(number)
        failpoints.wait_until_struck("credited, not answered")

        assert_nothing_acknowledged_is_lost(running_shop.stripe)
        tell_again(running_shop.stripe)

    assert product.web.output().count("was sent SIGKILL") == KILLS
    assert any(len(delivery.attempts) > 1 for delivery in running_shop.stripe.deliveries())
    catch_up(product)
    buyers.judge(product.firestore_calls)


@pytest.mark.long
@pytest.mark.parametrize("point", ["read, not committed to Firestore", "committed to Firestore, not noted"])
def test_a_worker_killed_twenty_times_while_it_delivers_shows_all_once_and_in_order(
    product: Product, running_shop: Shop, failpoints: Failpoints, buyers: Buyers, point: str
):
    catch_up(product)  # the packages, so that each kill is at a wallet
    for number in range(KILLS):
        failpoints.arm(point)
        buyers.pay(number)
        failpoints.wait_until_struck(point)
        catch_up(product)

    assert product.worker.output().count("signal 9 (SIGKILL)") >= KILLS
    running_shop.stripe.wait_until_idle()
    buyers.judge(product.firestore_calls)
