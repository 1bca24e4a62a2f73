"""A clean history reconciled: no finding, and a call of Stripe's for each hundred objects of each list."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.utils import timezone

from mirror.queries import backlog
from payments.limits import CREDIT_GRACE, LIST_PAGE_SIZE
from payments.models import InboxEvent
from payments.services.reconciliation.runner import available, reconcile
from sandbox.environment import STRIPE_WEBHOOK_SECRET
from sandbox.stripe.client import SandboxControls
from tests.bench.http_load import WrongAnswer
from tests.bench.purchases import EVENTS, PAYING_THREADS, running, start_purchases
from tests.bench.rounds import Figures
from tests.bench.sizes import Sizes
from tests.bench.stage import Place

# Events, sessions, refunds, disputes, balance transactions, prices; each list ends with a page that is not full.
LISTS = 6
PURCHASES_OF_CUSTOMER = 10
STANDSTILL_SECONDS_MAX = 120.0  # without another event or a shorter backlog


def measure(place: Place, sizes: Sizes) -> Figures:
    """Sell as many as the sizes say, through the product's own processes, and make every check of all of it."""
    stripe = SandboxControls(place.environment["STRIPE_API_BASE"])
    stripe.register_endpoint(
        f"{place.site_url}/api/stripe/webhook", secret=STRIPE_WEBHOOK_SECRET, enabled_events=EVENTS
    )
    began_at = timezone.now()
    purchases = start_purchases(1, sizes.history_purchases, of_each=PURCHASES_OF_CUSTOMER)
    with running(place):
        with ThreadPoolExecutor(PAYING_THREADS) as pool:
            list(pool.map(lambda purchase: stripe.pay(str(purchase.stripe_session_id)), purchases))
        _wait_until_told(len(purchases))
    return _reconciled(stripe, len(purchases), began_at)


def _wait_until_told(count: int) -> None:
    """Every event is here, and everything that followed from it is in Firestore, however long that takes."""
    before, moved_at = (0, 0), time.monotonic()
    while (state := (InboxEvent.objects.count(), backlog()))[0] < count * len(EVENTS) or state[1]:
        if state != before:
            before, moved_at = state, time.monotonic()
        if time.monotonic() - moved_at > STANDSTILL_SECONDS_MAX:
            raise WrongAnswer(f"Not every purchase was credited and mirrored: {state} events and backlog.")
        time.sleep(0.5)


def _reconciled(stripe: SandboxControls, count: int, began_at: datetime) -> Figures:
    """As of a little later, when nothing is on its way any more."""
    stripe.forget_requests()
    now, began = timezone.now() + 3 * CREDIT_GRACE, time.monotonic()
    since = began_at - timedelta(minutes=1)
    results = reconcile(names=list(available()), since=since, now=now, is_whole=True)
    seconds, calls = time.monotonic() - began, stripe.requests().total
    if errors := [result.error for result in results if result.error]:
        raise WrongAnswer(f"A check could not be made: {errors[0]}")
    pages = (len(EVENTS) + 2) * math.ceil(count / LIST_PAGE_SIZE)  # events, sessions and balance transactions
    return {
        "purchases": count,
        "seconds": seconds,
        "false_findings": sum(len(result.found) for result in results),
        "stripe_calls": calls,
        "stripe_calls_vs_allowed": calls / (pages + LISTS),
    }
