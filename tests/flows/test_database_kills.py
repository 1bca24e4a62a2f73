"""PostgreSQL is killed again and again while payments are told: what was answered with a yes is there afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.support.durable import DurableDatabase
from tests.support.failpoints import Failpoints
from tests.support.faults import Buyers, catch_up, tell_again
from tests.support.payments_judge import assert_nothing_acknowledged_is_lost
from tests.support.product import Product
from tests.support.shop import Shop

KILLS = 20
BEFORE_THE_COMMIT, BEFORE_THE_ANSWER = "credited, not committed", "credited, not answered"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def database(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DurableDatabase]:
    with DurableDatabase(tmp_path / "postgres") as database:
        monkeypatch.setenv("DATABASE_URL", database.url)
        yield database


@pytest.fixture
def product(
    database: DurableDatabase, tmp_path: Path, settings: Settings, failpoints: Failpoints
) -> Iterator[Product]:
    with Product(tmp_path, environment=failpoints.environment) as product:
        settings.GOOGLE_CLOUD_PROJECT = product.project
        product.start(product.web, product.worker)
        yield product


@pytest.mark.long
def test_postgresql_killed_twenty_times_amid_requests_keeps_all_it_said_yes_to_and_credits_all_once(
    product: Product, running_shop: Shop, database: DurableDatabase, failpoints: Failpoints, buyers: Buyers
):
    for number in range(KILLS):
        point = BEFORE_THE_ANSWER if number % 3 == 0 else BEFORE_THE_COMMIT
        is_committing = number % 3 == 1
        failpoints.arm(point, hold=True)
        buyers.pay(number)
        failpoints.wait_until_struck(point)
        if is_committing:  # whether it has, nobody can tell
            failpoints.let_go(point)

        database.kill()
        if not is_committing:
            failpoints.let_go(point)
        database.start()

        assert_nothing_acknowledged_is_lost(running_shop.stripe)
        product.wait(product.web)
        tell_again(running_shop.stripe)

    catch_up(product)
    buyers.judge(product.firestore_calls)
