"""From paid to visible: purchases paid at a steady rate, through the product's processes, seen by a listener."""

import threading
import time
import uuid
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self

from django.db import connections
from django.utils import timezone
from google.api_core.exceptions import Cancelled
from google.cloud import firestore
from google.cloud.firestore_v1.types import ListenRequest, ListenResponse, Target

from payments.models import Purchase
from payments.services.purchases import start_purchase
from sandbox.demo import product as processes
from sandbox.environment import STRIPE_WEBHOOK_SECRET
from sandbox.processes import wait_until_ready
from sandbox.stripe.client import SandboxControls
from tests.bench.http_load import WrongAnswer
from tests.bench.people import PACKAGE, Buyer, let_buy_often, open_buyers
from tests.bench.rounds import percentile
from tests.bench.sizes import Sizes
from tests.bench.stage import Place

STARTING_THREADS = 4
PAYING_THREADS = 16
VISIBLE_SECONDS_MAX = 30.0
# What the product asks Stripe to be told.
EVENTS = ("checkout.session.completed", "charge.succeeded")


def paid_to_visible_p99s(place: Place, sizes: Sizes, *, first_buyer: int) -> list[float]:
    """Each round's 99th percentile, in seconds: web, worker and beat run as in production."""
    stripe = SandboxControls(place.environment["STRIPE_API_BASE"])
    stripe.register_endpoint(
        f"{place.site_url}/api/stripe/webhook", secret=STRIPE_WEBHOOK_SECRET, enabled_events=EVENTS
    )
    count = int(sizes.purchases_per_second * sizes.purchases_seconds)
    # each of another customer: none waits for another's delivery
    purchases = start_purchases(first_buyer, count * (sizes.rounds + 1))
    with running(place), Watcher(place) as watcher:
        waits = []
        for number in range(sizes.rounds + 1):
            batch = purchases[number * count : (number + 1) * count]
            waits.append(_pay_and_watch(stripe, watcher, batch, sizes.purchases_per_second))
    return [percentile(each, 99) for each in waits[1:]]  # in the first, the processes were new


def start_purchases(first_buyer: int, count: int, *, of_each: int = 1) -> list[Purchase]:
    """Start purchases up to Stripe's page: so many of each customer, one after the other."""
    buyers = open_buyers(count // of_each, first=first_buyer)
    if of_each > 1:
        let_buy_often(buyers[0])

    def start(some: list[Buyer]) -> list[Purchase]:
        try:  # a thread keeps its connection for all of its purchases
            return [
                start_purchase(
                    buyer_id=buyer.user_id,
                    package_code=PACKAGE,
                    idempotency_key=str(uuid.uuid4()),
                    now=timezone.now(),
                )
                for buyer in some
                for _ in range(of_each)
            ]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(STARTING_THREADS) as pool:
        shares = [buyers[number::STARTING_THREADS] for number in range(STARTING_THREADS)]
        return [purchase for share in pool.map(start, shares) for purchase in share]


@contextmanager
def running(place: Place) -> Generator[None]:
    """Web, worker and beat."""
    web = processes.start_web(place.port, place.environment, place.logs)
    worker = processes.start_worker(place.environment, place.logs)
    beat = processes.start_beat(place.environment, place.logs)
    try:
        processes.wait_for_site(web, place.port)
        wait_until_ready(worker, lambda: " ready." in worker.output())
        yield
    finally:
        for child in (beat, worker, web):
            child.ask_to_stop()
        for child in (beat, worker, web):
            child.stop()


class Watcher:
    """Listens to all wallets' documents on one stream, and takes each change when it comes.

    The client's own `on_snapshot` sorts every document it has anew at each change: it falls behind by seconds, which
    a customer's app, that listens to one document, does not.
    """

    def __init__(self, place: Place) -> None:
        self._client = firestore.Client(project=place.environment["GOOGLE_CLOUD_PROJECT"])
        self._seen: dict[str, float] = {}
        self._changed = threading.Condition()
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        wallets = self._client.collection("users").where(
            filter=firestore.FieldFilter("tokensUpdatedAt", ">", timezone.now())
        )
        root = f"projects/{self._client.project}/databases/(default)"
        query = Target.QueryTarget(parent=f"{root}/documents", structured_query=wallets._to_protobuf())
        first = ListenRequest(database=root, add_target=Target(query=query, target_id=1))
        api = self._client._firestore_api
        self._stream = api.listen(requests=self._requests(first), metadata=self._client._rpc_metadata)
        self._thread = threading.Thread(target=self._hear, name="watcher")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._stream.cancel()
        self._thread.join(VISIBLE_SECONDS_MAX)

    def _requests(self, first: ListenRequest) -> Iterator[ListenRequest]:
        yield first
        self._is_over.wait()

    def _hear(self) -> None:
        try:
            for response in self._stream:
                document = ListenResponse.pb(response).document_change.document
                if document.fields["tokenBalance"].integer_value:
                    with self._changed:
                        self._seen.setdefault(document.name.rpartition("/")[2], time.monotonic())
                        self._changed.notify_all()
        except Cancelled:
            return

    def wait_for(self, document_ids: list[str]) -> dict[str, float]:
        """Wait until all were seen with a balance; give when each was seen first."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._seen.keys() >= set(document_ids), VISIBLE_SECONDS_MAX
            ):
                missing = len(set(document_ids) - self._seen.keys())
                raise WrongAnswer(
                    f"{missing} of {len(document_ids)} paid purchases were not seen in Firestore."
                )
            return {document_id: self._seen[document_id] for document_id in document_ids}


def _pay_and_watch(
    stripe: SandboxControls, watcher: Watcher, purchases: list[Purchase], per_second: float
) -> list[float]:
    """Pay one after the other at the rate, however long each takes; give the seconds until each was visible."""
    paid_at: dict[str, float] = {}

    def pay(purchase: Purchase) -> None:
        paid_at[purchase.wallet_document_id] = time.monotonic()
        stripe.pay(str(purchase.stripe_session_id))

    begins = time.monotonic()
    with ThreadPoolExecutor(PAYING_THREADS) as pool:
        paying = []
        for number, purchase in enumerate(purchases):
            time.sleep(max(0.0, begins + number / per_second - time.monotonic()))
            paying.append(pool.submit(pay, purchase))
        for each in paying:
            each.result()
    seen_at = watcher.wait_for(list(paid_at))
    return [seen_at[document_id] - at for document_id, at in paid_at.items()]
