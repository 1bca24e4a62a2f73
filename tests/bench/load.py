"""`load`: purchases, webhooks, spends and reads mixed, as they come; then without Firestore, and how that drains.

Web, worker and beat run as in production, with a web worker for each processor; PostgreSQL, Redis and the stand-ins of
Firestore and Stripe share the machine with them and with whoever asks. First as many clients as the product can take
ask one thing after the other: that is saturation. Then requests arrive at 70 % of it, however long the answers take.
"""

import time
import uuid
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR, Scope
from identity.models import User
from identity.services.api_keys import create_api_key
from mirror.models import MirroredDocument, OutboxRow
from sandbox.demo import product as processes
from sandbox.processes import Child, wait_until_ready
from tests.bench.books import check_books
from tests.bench.footprint import Footprint, Growth
from tests.bench.http_load import WrongAnswer, api_request
from tests.bench.open_loop import CLIENTS, Answers, Arrivals, Maker, drive
from tests.bench.people import (
    PACKAGE,
    Buyer,
    credit_all,
    let_buy_often,
    open_buyers,
    open_purchases,
    suffix_of,
)
from tests.bench.rounds import Figures
from tests.bench.serving import serve, wait_for_answer
from tests.bench.sizes import Sizes
from tests.bench.stage import Place
from tests.bench.stripe_words import StripeWords, signed_request
from tests.bench.webhook import learn_words
from tests.support.google import unsigned_token
from tests.support.proxy import TcpProxy
from tokens.models import Entry
from tokens.projections import ENTRIES

# Of a hundred requests. Each purchase that is started is paid by somebody: a webhook.
MIX = {"purchase": 8.0, "webhook": 8.0, "spend": 34.0, "balance": 34.0, "transactions": 16.0}
CLIENTS_AT_SATURATION = 16
STEADY_SHARE = 0.7
FAILED_SHARE_MAX = 0.001
CREDITS_EACH = 20  # of 250 tokens
WARM_UP_SECONDS = 3.0
DRAIN_POLL_SECONDS = 0.2
DRAIN_OUTAGES_MAX = (
    3  # it is waited so many times as long as the outage was, and not less than so many seconds
)
DRAIN_SECONDS_MIN = 120.0
REQUESTS_PER_SECOND_MAX = 1_500  # at saturation, for as many more are not prepared
SPARE = 1.3


@dataclass
class Crowd:
    """Makes requests: each of another customer, in turn."""

    place: Place
    buyers: list[Buyer]
    words: StripeWords
    api_key: str

    def __post_init__(self) -> None:
        """Nothing was sent yet."""
        self._numbers = count()
        self._bodies: deque[bytes] = deque()
        self._tokens: dict[uuid.UUID, str] = {}

    def prepare(self, webhooks: int) -> None:
        """Have that many purchases waiting for their payment to be told."""
        missing = webhooks - len(self._bodies)
        if missing > 0:
            by_account = {buyer.account_id: buyer for buyer in self.buyers}
            for purchase in open_purchases(self.buyers, missing):
                suffix = suffix_of(by_account[purchase.wallet_account_id], purchase.id)
                self._bodies.append(self.words.object("event", suffix))

    @property
    def makers(self) -> dict[str, Maker]:
        """A maker for each kind of the mix."""
        return {
            "purchase": self._purchase,
            "webhook": self._webhook,
            "spend": self._spend,
            "balance": lambda: self._read("balance"),
            "transactions": lambda: self._read("transactions"),
        }

    def _next(self) -> Buyer:
        return self.buyers[next(self._numbers) % len(self.buyers)]

    def _purchase(self) -> bytes:
        buyer = self._next()
        if buyer.user_id not in self._tokens:
            project = self.place.environment["GOOGLE_CLOUD_PROJECT"]
            self._tokens[buyer.user_id] = unsigned_token(project, str(buyer.user_id))
        bearer = f"Bearer {self._tokens[buyer.user_id]}"
        return api_request("POST /api/tokens/purchases", self.place.port, bearer, {"package": PACKAGE})

    def _webhook(self) -> bytes:
        try:
            body = self._bodies.popleft()
        except IndexError:
            raise WrongAnswer("More webhooks were asked for than were prepared.") from None
        return signed_request("/api/stripe/webhook", f"localhost:{self.place.port}", body)

    def _spend(self) -> bytes:
        asked = {"user": str(self._next().user_id), "amount": 1, "reason": "Measured"}
        return api_request("POST /api/tokens/spend", self.place.port, f"Api-Key {self.api_key}", asked)

    def _read(self, what: str) -> bytes:
        path = f"/api/tokens/{what}?user={self._next().user_id}"
        return api_request(f"GET {path}", self.place.port, f"Api-Key {self.api_key}")


def measure(place: Place, sizes: Sizes) -> Figures:
    """Saturate, go steady, and take Firestore away; check the books."""
    place = _with_firebase(place)
    with TcpProxy(place.environment["FIRESTORE_EMULATOR_HOST"]) as firestore:
        crowd = _prepare(place, sizes)
        variables = {**place.variables, "FIRESTORE_EMULATOR_HOST": firestore.address}
        with _running(replace(place, variables=variables)) as product:
            _load(crowd, None, min(WARM_UP_SECONDS, sizes.saturation_seconds))
            saturated = _load(crowd, None, sizes.saturation_seconds)
            rate = saturated.rate * STEADY_SHARE
            _prepare_webhooks(crowd, rate, sizes.steady_seconds)
            begin, small = Footprint.now(product, place.owners_url), Growth.now(place.owners_url)
            steady, middle = _looked_at_halfway(crowd, rate, sizes.steady_seconds, product)
            end, grown = Footprint.now(product, place.owners_url), Growth.now(place.owners_url)
            outage = _outage(crowd, firestore, rate, sizes.outage_seconds)
    check_books()
    return {
        "saturation_rate": saturated.rate,
        "rate": steady.rate,
        "purchases_per_second": steady.rate_of("webhook"),
        **steady.figures(),
        "failed_share": len(steady.failures) / max(1.0, steady.rate * steady.seconds),
        **begin.figures("start"),
        **middle.figures("middle"),
        **end.figures("end"),
        **grown.since(small),
        "steady_seconds": steady.seconds,
        **outage,
    }


def _with_firebase(place: Place) -> Place:
    """Let customers call with the tokens of Firebase's emulator, that nobody signs."""
    return replace(place, variables={**place.variables, "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9"})


def _prepare(place: Place, sizes: Sizes) -> Crowd:
    """Customers whom Firebase knows, with tokens to spend, and the right to buy as often as they like."""
    words = learn_words(place)
    buyers = open_buyers(sizes.load_buyers)
    for buyer in buyers:
        User.objects.filter(id=buyer.user_id).update(firebase_uid=str(buyer.user_id))
    for _ in range(CREDITS_EACH):
        credit_all([buyer.account_id for buyer in buyers])
    let_buy_often(buyers[0])
    scopes = [Scope.TOKENS_READ, Scope.TOKENS_SPEND]
    key = create_api_key(service="load", scopes=scopes, actor=SYSTEM_ACTOR, now=timezone.now())
    return Crowd(place, buyers, words, key)


@contextmanager
def _running(place: Place) -> Generator[list[Child]]:
    """Web, worker and beat."""
    place.logs.mkdir(exist_ok=True)
    started: list[Child] = []
    try:  # one after the other: they start where others work
        started.append(web := serve("load-web", "config.wsgi", place.port, place))
        wait_for_answer(web, place.port, "/readyz")
        started.append(worker := processes.start_worker(place.environment, place.logs))
        wait_until_ready(worker, lambda: " ready." in worker.output())
        started.append(processes.start_beat(place.environment, place.logs))
        yield [web, worker]
    finally:
        for child in reversed(started):
            child.ask_to_stop()
        for child in reversed(started):
            child.stop()


def _load(crowd: Crowd, rate: float | None, seconds: float) -> Answers:
    """Load for a time, as fast as goes where there is no rate."""
    _prepare_webhooks(crowd, rate, seconds)
    clients = CLIENTS if rate else CLIENTS_AT_SATURATION
    return _checked(drive(crowd.place.port, crowd.makers, Arrivals(MIX, rate, seconds), clients=clients))


def _looked_at_halfway(
    crowd: Crowd, rate: float, seconds: float, product: list[Child]
) -> tuple[Answers, Footprint]:
    """Load for a time, and look at the processes when half of it is over: caches have filled, a leak goes on."""

    def look() -> Footprint:
        time.sleep(seconds / 2)
        return Footprint.now(product, crowd.place.owners_url)

    with ThreadPoolExecutor(1) as pool:
        middle = pool.submit(look)
        return _load(crowd, rate, seconds), middle.result()


def _prepare_webhooks(crowd: Crowd, rate: float | None, seconds: float) -> None:
    share = MIX["webhook"] / sum(MIX.values())
    crowd.prepare(int((rate or REQUESTS_PER_SECOND_MAX) * share * seconds * SPARE))


def _checked(answers: Answers) -> Answers:
    """Refuse figures of what did not work.

    :raises WrongAnswer: when more than one in a thousand was answered wrongly or not
    """
    if len(answers.failures) > max(1.0, FAILED_SHARE_MAX * answers.rate * answers.seconds):
        raise WrongAnswer(f"{len(answers.failures)} answers failed, such as {answers.failures[:3]}")
    return answers


def _outage(crowd: Crowd, firestore: TcpProxy, rate: float, seconds: float) -> Figures:
    """Take Firestore away under load, bring it back under the same load, and wait until all of then is shown.

    The load ends where that takes longer than the outage; what is left is shown without it, and the figure says so.
    """
    gone = timezone.now()
    firestore.stop()
    _load(crowd, rate, seconds)
    wallets, entries = OutboxRow.objects.count(), Entry.objects.filter(created_at__gte=gone).count()
    _prepare_webhooks(crowd, rate, seconds)
    arrivals = Arrivals(MIX, rate, seconds)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(drive, crowd.place.port, crowd.makers, arrivals)
        began, came_back = time.monotonic(), timezone.now()
        firestore.start()
        try:
            drain = _drained(came_back, began, began + max(DRAIN_SECONDS_MIN, DRAIN_OUTAGES_MAX * seconds))
        finally:
            arrivals.end()
        shown = _entries_shown_since(came_back)
        _checked(loading.result())
    return {
        "outage_seconds": seconds,
        "outage_backlog_wallets": wallets,
        "outage_backlog_entries": entries,
        "drain_seconds": drain,
        "drain_vs_outage": drain / seconds,
        "drain_entries_per_second": shown / drain,
    }


def _drained(came_back: datetime, began: float, deadline: float) -> float:
    """Wait until all that was written before a moment is shown; give the seconds."""
    while OutboxRow.objects.filter(stale_since__lt=came_back).exists():
        if time.monotonic() > deadline:
            raise WrongAnswer("What was written without Firestore is not shown long after it came back.")
        time.sleep(DRAIN_POLL_SECONDS)
    return time.monotonic() - began


def _entries_shown_since(moment: datetime) -> int:
    shown = MirroredDocument.objects.filter(path__startswith=f"{ENTRIES}/", delivered_at__gte=moment)
    return shown.count()
