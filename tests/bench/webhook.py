"""`webhook`: signed deliveries of real started purchases to the product's view, as production serves it.

Beside it, on the same database server and with the same middleware, in turns: dj-stripe's stock view doing the same
credit, with Stripe's answers from memory, at once and after 150 ms; and a view that does nothing. dj-stripe's copy
of Stripe's objects, which its view makes before it answers, the product makes later in a worker: it is not in the
product's figures.
"""

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.utils import timezone
from djstripe.models import Account, Customer, WebhookEndpoint

from identity.services.accounts import open_account_for_email
from payments.kinds import PurchaseStatus
from payments.models import Purchase
from payments.services.purchases import start_purchase
from sandbox.environment import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET
from sandbox.processes import Child, free_port
from sandbox.stripe.client import SandboxControls
from tests.bench.books import check_books
from tests.bench.http_load import Load, WrongAnswer, drive
from tests.bench.people import PACKAGE, Buyer, open_buyers, open_purchases, suffix_of
from tests.bench.rounds import Figures, interleave, median, median_ratio
from tests.bench.serving import serve, wait_for_answer
from tests.bench.sizes import Sizes
from tests.bench.stage import Place
from tests.bench.stripe_words import StripeWords, signed_request

CLIENTS = 8
STRIPE_DELAYS = {"djstripe": 0.0, "djstripe_150ms": 0.15}
# How much slower than ours they are at the least: no more purchases are prepared for them.
PREPARED_SHARE = {"ours": 1.0, "djstripe": 0.4, "djstripe_150ms": 0.1}
WARM_UP_SECONDS = 2.0  # every worker process has loaded the application by then
EVENT = "checkout.session.completed"


@dataclass
class Contender:
    """One server, and the deliveries that are its to answer."""

    path: str
    address: tuple[str, int]
    bodies: deque[bytes]
    purchases: list[Purchase] = field(default_factory=list)

    def run(self, seconds: float) -> Load:
        """Sign what the next seconds can take, and deliver as much of it as is answered."""
        host = f"localhost:{self.address[1]}"
        requests = deque(signed_request(self.path, host, body) for body in self.bodies)
        before = len(requests)
        load = drive(self.address, requests, clients=CLIENTS, seconds=seconds)
        for _ in range(before - len(requests)):
            self.bodies.popleft()
        return load


def measure(place: Place, sizes: Sizes) -> Figures:
    """Run all contenders in turns; check every credit; give the figures."""
    words = learn_words(place)
    buyers = open_buyers(sizes.buyers)
    contenders = _prepare(place, sizes, words, buyers)
    for contender in contenders.values():
        contender.run(min(WARM_UP_SECONDS, sizes.webhook_seconds))
    runs: dict[str, Callable[[], Load]] = {
        name: partial(contender.run, sizes.webhook_seconds) for name, contender in contenders.items()
    }
    loads = interleave(runs, sizes.rounds)
    for contender in contenders.values():
        _check_credits(contender)
    check_books()
    return _figures(loads)


def learn_words(place: Place) -> StripeWords:
    """Buy once at Stripe's stand-in, and learn from it how Stripe tells a purchase."""
    stripe = SandboxControls(place.environment["STRIPE_API_BASE"])
    alice = open_account_for_email(email="alice@bench.example.com", password=None, now=timezone.now())
    purchase = start_purchase(
        buyer_id=alice.id, package_code=PACKAGE, idempotency_key=str(uuid.uuid4()), now=timezone.now()
    )
    session = stripe.pay(str(purchase.stripe_session_id)).session
    (event,) = stripe.events(about=session["id"], event_type=EVENT)
    intent = stripe.object(session["payment_intent"])
    charge = stripe.object(intent["latest_charge"])
    method = stripe.object(intent["payment_method"])
    customer = stripe.object(session["customer"])
    ids = {
        "event": event["id"],
        "session": session["id"],
        "intent": intent["id"],
        "charge": charge["id"],
        "method": method["id"],
        "customer": customer["id"],
        "purchase": str(purchase.id),
    }
    objects = {
        "event": event,
        "session": session,
        "intent": intent,
        "charge": charge,
        "method": method,
        "customer": customer,
    }
    return StripeWords.learn(place.environment["STRIPE_API_BASE"], objects, ids)


def _prepare(place: Place, sizes: Sizes, words: StripeWords, buyers: list[Buyer]) -> dict[str, Contender]:
    """Start the servers, and make each one's purchases and deliveries."""
    endpoint = _prepare_djstripe(buyers)
    place.logs.mkdir(exist_ok=True)
    words_file = place.logs / "stripe_words.json"
    words.write(words_file)
    contenders, nothing = {}, {}
    seconds = sizes.webhook_seconds * sizes.rounds + WARM_UP_SECONDS
    servers: list[tuple[Child, tuple[str, int]]] = []
    for name in ("ours", *STRIPE_DELAYS):
        address = ("127.0.0.1", free_port())
        extra = {
            "BENCH_STRIPE_WORDS": str(words_file),
            "BENCH_STRIPE_DELAY_SECONDS": str(STRIPE_DELAYS.get(name, 0.0)),
        }
        application = "config.wsgi" if name == "ours" else "tests.bench.peer.wsgi"
        servers.append((serve(f"webhook-{name}", application, address[1], place, extra), address))
        path = "/api/stripe/webhook" if name == "ours" else f"/stripe/webhook/{endpoint}/"
        count = int(seconds * sizes.deliveries_per_second_max * PREPARED_SHARE[name])
        purchases = open_purchases(buyers, count)
        contenders[name] = Contender(path, address, _bodies(words, buyers, purchases), purchases)
        if name == "djstripe":
            spare = int(seconds * sizes.deliveries_per_second_max * 3)
            nothing["noop"] = Contender("/nothing", address, deque([b"{}" * 2_000] * spare))
    for server, address in servers:
        wait_for_answer(server, address[1], "/healthz")
    return contenders | nothing


def _bodies(words: StripeWords, buyers: list[Buyer], purchases: list[Purchase]) -> deque[bytes]:
    by_account = {buyer.account_id: buyer for buyer in buyers}
    suffixes = (suffix_of(by_account[each.wallet_account_id], each.id) for each in purchases)
    return deque(words.object("event", suffix) for suffix in suffixes)


def _prepare_djstripe(buyers: list[Buyer]) -> uuid.UUID:
    """Give dj-stripe its endpoint, its account, and the customers that it would know since they began to buy."""
    account = Account.get_or_retrieve_for_api_key(STRIPE_SECRET_KEY)
    Customer.objects.bulk_create(
        [Customer(id=buyer.customer_id, livemode=False, stripe_data={}) for buyer in buyers]
    )
    endpoint = WebhookEndpoint.objects.create(
        id="we_bench",
        livemode=False,
        enabled_events=["*"],
        secret=STRIPE_WEBHOOK_SECRET,
        status="enabled",
        url="https://tokens.example.com/stripe/webhook/",
        stripe_data={},
        djstripe_owner_account=account,
    )
    return uuid.UUID(str(endpoint.djstripe_uuid))


def _check_credits(contender: Contender) -> None:
    """Every delivery that was answered has settled its purchase."""
    if not contender.purchases:
        return
    answered = contender.purchases[: len(contender.purchases) - len(contender.bodies)]
    ids = [purchase.id for purchase in answered]
    settled = Purchase.objects.filter(id__in=ids, status=PurchaseStatus.SETTLED).count()
    if settled != len(ids):
        raise WrongAnswer(f"{contender.path}: {len(ids)} deliveries answered, {settled} purchases settled.")


def _figures(loads: dict[str, list[Load]]) -> Figures:
    rates = {name: [load.rate for load in runs] for name, runs in loads.items()}
    p99s = {name: [load.latency_ms(99) for load in runs] for name, runs in loads.items()}
    ours = rates["ours"]
    return {
        "rate": median(ours),
        "p50_ms": median([load.latency_ms(50) for load in loads["ours"]]),
        "p99_ms": median(p99s["ours"]),
        "rate_vs_djstripe": median_ratio(ours, rates["djstripe"]),
        "p99_vs_djstripe": median_ratio(p99s["ours"], p99s["djstripe"]),
        "rate_vs_djstripe_150ms": median_ratio(ours, rates["djstripe_150ms"]),
        "rate_vs_noop": median_ratio(ours, rates["noop"]),
        "djstripe_rate": median(rates["djstripe"]),
        "djstripe_p99_ms": median(p99s["djstripe"]),
        "djstripe_150ms_rate": median(rates["djstripe_150ms"]),
        "noop_rate": median(rates["noop"]),
    }
