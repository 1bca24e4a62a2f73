"""Fifty starts of one customer at once: as many checkouts as the limit, and no more by any way."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import stripe
import time_machine
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from foundation.ids import new_id
from payments.errors import PaymentsUnavailable
from payments.models import Purchase
from security.errors import RateLimited
from security.gateways import window_counters
from security.models import LimitRefusal
from tests.support.exceptions import grant
from tests.support.shop import Shop
from tests.support.threads import race

AT_ONCE = 50
HOURLY = 5
WINDOW = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    """No window ends while these tests run."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


def start_by_api(browser: Client) -> int:
    answer = browser.post(
        "/api/tokens/purchases",
        {"package": "basic"},
        content_type="application/json",
        headers={"Idempotency-Key": str(new_id())},
    )
    if answer.status_code == 429:
        assert 0 < int(answer["Retry-After"]) <= WINDOW.total_seconds()
        assert answer.json()["code"] == "rate_limited"
    return answer.status_code


def browsers(shop: Shop, count: int) -> list[Callable[[], int]]:
    """So many browsers of Alice's, each about to start a purchase."""
    found = []
    for _ in range(count):
        browser = Client()
        browser.force_login(shop.customer("alice"))
        found.append(browser)
    return [partial(start_by_api, browser) for browser in found]


def checkouts() -> int:
    """How many sessions there are at Stripe."""
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    return len(client.v1.checkout.sessions.list({"limit": 100}).data)


def test_fifty_starts_at_once_are_five_checkouts_and_forty_five_answers_of_429_and_eight_with_an_override_of_eight(
    counter: Shop,
):
    answers = race(browsers(counter, AT_ONCE))

    assert Counter(answers) == {201: HOURLY, 429: AT_ONCE - HOURLY}
    assert checkouts() == Purchase.objects.count() == HOURLY
    assert LimitRefusal.objects.get().count == AT_ONCE - HOURLY

    grant(counter.customer("alice"), hourly_max=8)
    answers = race(browsers(counter, 10))

    assert Counter(answers) == {201: 3, 429: 7}
    assert checkouts() == Purchase.objects.count() == 8


def test_starts_at_once_on_counters_that_are_emptied_again_and_again_are_never_more_than_the_limit(
    counter: Shop, monkeypatch: pytest.MonkeyPatch
):
    """As if Redis lost everything between every two starts: the rows have the last word."""
    counter.customer("alice")
    count_one = window_counters.count_one

    def forgetful(**what: object) -> object:
        caches["counters"].clear()
        return count_one(**what)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr("security.services.purchase_limits.count_one", forgetful)
    starts: list[Callable[[], Purchase]] = [partial(counter.start, "alice", "basic")] * 20

    answers = race(starts)

    started = [answer for answer in answers if isinstance(answer, Purchase)]
    assert 0 < len(started) == Purchase.objects.count() == checkouts() <= HOURLY
    # 503 where a count vanished while it was taken.
    assert all(isinstance(answer, Purchase | RateLimited | PaymentsUnavailable) for answer in answers)


def test_one_key_used_by_four_at_once_takes_one_slot(counter: Shop):
    counter.customer("alice")

    answers = race([partial(counter.start, "alice", "basic", "once")] * 4)

    assert {answer.id for answer in answers if isinstance(answer, Purchase)} == {Purchase.objects.get().id}
    for _ in range(HOURLY - 1):
        counter.start("alice", "basic")
    with pytest.raises(RateLimited):
        counter.start("alice", "basic")
    assert counter.start("alice", "basic", "once").stripe_session_id, "the same key goes on"


def test_the_twenty_first_of_a_day_is_refused(counter: Shop):
    grant(counter.customer("alice"), hourly_max=100)
    race([partial(counter.start, "alice", "basic")] * 20)

    with pytest.raises(RateLimited, match="up to 20 purchases a day"):
        counter.start("alice", "basic")

    assert checkouts() == Purchase.objects.count() == 20
