"""Firestore loses answers, cuts connections, has no quota left, is slow, or wiped, while people buy.

Payments are credited meanwhile, and each is shown once and in order: every commit that Firestore took is looked at.
"""

import itertools
import threading
from collections.abc import Iterator, Sequence

import grpc
import pytest
from google.cloud import firestore
from pytest_django.fixtures import Settings

from mirror.kinds import SCAN_TASK
from tests.support.faults import PACKAGES, Buyers, catch_up
from tests.support.firestore_proxy import Fault
from tests.support.payments_judge import assert_all_credited_once
from tests.support.product import SECONDS_MAX, Product, wait_for
from tests.support.shop import Shop

Code = grpc.StatusCode
SLOW_SECONDS = 10
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def client(product: Product, settings: Settings) -> Iterator[firestore.Client]:
    client = firestore.Client(project=product.project, database=settings.FIRESTORE_DATABASE)
    yield client
    client.close()


def faults_of(product: Product) -> dict[str, Sequence[Fault]]:
    """What happens to the next commits; each time, more of them than there are wallets to show."""

    cutting = threading.Lock()

    def cut() -> None:
        with cutting:
            product.firestore.stop()
            product.firestore.start()

    return {
        "the answer is lost, and the client asks again": [Fault(lose=Code.UNAVAILABLE)] * 4,
        "the answer is lost, and we ask again": [Fault(lose=Code.INTERNAL), Fault(lose=Code.UNKNOWN)] * 2,
        "connections are cut before and after": [Fault(before=cut), Fault(), Fault(before=cut), Fault()],
        "no quota is left": [Fault(refuse=Code.RESOURCE_EXHAUSTED)] * 6,
    }


def test_answers_lost_connections_cut_and_quotas_spent_show_each_payment_once_and_in_order(
    product: Product, running_shop: Shop, buyers: Buyers
):
    catch_up(product)
    numbers = itertools.count()
    for faults in faults_of(product).values():
        product.firestore_calls.plan("Commit", *faults)
        while product.firestore_calls.planned:
            number = next(numbers)
            buyers.pay(number)
            buyers.pay(number)
            catch_up(product)
        running_shop.stripe.wait_until_idle()
        buyers.judge(product.firestore_calls)


def test_commits_that_take_ten_seconds_are_given_up_and_change_nothing_when_they_come(
    product: Product, running_shop: Shop, buyers: Buyers
):
    calls, newer_are_shown = product.firestore_calls, threading.Event()

    def be_slow() -> None:
        threading.Event().wait(SLOW_SECONDS)
        newer_are_shown.wait(SECONDS_MAX)

    catch_up(product)
    calls.plan("Commit", Fault(before=be_slow), Fault(before=be_slow))
    buyers.pay(0)
    wait_for(
        lambda: product.worker.output().count("firestore_timeout") >= 2,
        what="the worker has given up two commits",
    )
    running_shop.stripe.wait_until_idle()
    assert_all_credited_once(running_shop.stripe)

    buyers.pay(0)
    running_shop.stripe.wait_until_idle()
    catch_up(product)
    newer_are_shown.set()

    wait_for(lambda: calls.is_quiet, what="Firestore has got the late commits")
    running_shop.stripe.wait_until_idle()
    buyers.judge(calls)


def test_a_wiped_firestore_shows_all_again_while_people_go_on_buying(
    product: Product, running_shop: Shop, buyers: Buyers, client: firestore.Client
):
    buyers.pay(0)
    buyers.pay(1)
    catch_up(product)
    running_shop.stripe.wait_until_idle()
    catch_up(product)
    for collection in ("users", "transactions", "packages"):
        for document in client.collection(collection).list_documents():
            document.delete()
    product.firestore_calls.commits.clear()

    buyers.pay(0)  # what these three buy tells that Firestore has lost what it had
    product.wake(SCAN_TASK)  # as the timetable does every hour: of the others nothing else would tell

    places = [f"users/{running_shop.wallet(name).document_id}" for name in running_shop.people]
    places += [f"packages/{package}" for package in PACKAGES]
    references = [client.document(place) for place in places]
    wait_for(lambda: all(found.exists for found in client.get_all(references)), what="all is shown again")
    running_shop.stripe.wait_until_idle()
    catch_up(product)
    buyers.judge(product.firestore_calls)
