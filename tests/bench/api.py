"""`api`: a service asking for balances and spending, beside a view that does nothing behind the same middleware.

All are served by gunicorn as in production, from as many clients, in turns.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR, Scope
from identity.services.api_keys import create_api_key
from sandbox.processes import Child, free_port
from tests.bench.books import check_books
from tests.bench.http_load import Load, WrongAnswer, api_request, drive
from tests.bench.people import Buyer, credit_all, open_buyers
from tests.bench.rounds import Figures, interleave, median, median_ratio
from tests.bench.serving import serve, wait_for_answer
from tests.bench.sizes import Sizes
from tests.bench.stage import Place
from tokens.kinds import EntryType
from tokens.models import Entry

CLIENTS = 8
WARM_UP_SECONDS = 2.0  # every worker process has loaded the application by then
REQUESTS_PER_SECOND_MAX = 3_000  # more are not prepared
SPENT_TOKENS = 1
CREDITS_EACH = 20  # of 250 tokens: nobody runs out


@dataclass
class Caller:
    """A service with its key, and the customers about whom it asks in turn."""

    key: str
    buyers: list[Buyer]

    def balance(self, port: int, number: int) -> bytes:
        """Ask for a balance."""
        line = f"GET /api/tokens/balance?user={self._user(number)}"
        return api_request(line, port, f"Api-Key {self.key}")

    def spend(self, port: int, number: int) -> bytes:
        """Spend a token, under a key of its own."""
        body = {"user": self._user(number), "amount": SPENT_TOKENS, "reason": "Measured"}
        return api_request("POST /api/tokens/spend", port, f"Api-Key {self.key}", body)

    def nothing(self, port: int, number: int) -> bytes:
        """Send as much as a spend does to the view that does nothing."""
        return self.spend(port, number).replace(b"/api/tokens/spend", b"/nothing", 1)

    def _user(self, number: int) -> str:
        return str(self.buyers[number % len(self.buyers)].user_id)


@dataclass
class Contender:
    """One kind of request, and the server that answers it."""

    make: Callable[[int, int], bytes]
    port: int
    numbers: "count[int]"
    answered: int = 0

    def run(self, seconds: float) -> Load:
        """Prepare what the next seconds can take, and send as much of it as is answered."""
        prepared = int(seconds * REQUESTS_PER_SECOND_MAX) + CLIENTS
        requests = deque(self.make(self.port, next(self.numbers)) for _ in range(prepared))
        load = drive(("127.0.0.1", self.port), requests, clients=CLIENTS, seconds=seconds)
        self.answered += len(load.latencies)
        return load


def measure(place: Place, sizes: Sizes) -> Figures:
    """Run the three in turns; check every spend; give the figures."""
    caller = _prepare_caller(sizes)
    place.logs.mkdir(exist_ok=True)
    ours, peer = free_port(), free_port()
    servers: list[tuple[Child, int]] = [
        (serve("api-ours", "config.wsgi", ours, place), ours),
        (serve("api-noop", "tests.bench.peer.nothing_wsgi", peer, place), peer),
    ]
    for server, port in servers:
        wait_for_answer(server, port, "/healthz")
    contenders = {
        "balance": Contender(caller.balance, ours, count()),
        "spend": Contender(caller.spend, ours, count()),
        "noop": Contender(caller.nothing, peer, count()),
    }
    for contender in contenders.values():
        contender.run(min(WARM_UP_SECONDS, sizes.api_seconds))
    runs: dict[str, Callable[[], Load]] = {
        name: partial(each.run, sizes.api_seconds) for name, each in contenders.items()
    }
    loads = interleave(runs, sizes.rounds)
    _check_spends(contenders["spend"].answered)
    return _figures(loads)


def _prepare_caller(sizes: Sizes) -> Caller:
    buyers = open_buyers(sizes.buyers)
    for _ in range(CREDITS_EACH):
        credit_all([buyer.account_id for buyer in buyers])
    scopes = [Scope.TOKENS_READ, Scope.TOKENS_SPEND]
    return Caller(
        create_api_key(service="bench", scopes=scopes, actor=SYSTEM_ACTOR, now=timezone.now()), buyers
    )


def _check_spends(answered: int) -> None:
    """Every spend that was answered is an entry, in sound books."""
    spent = Entry.objects.filter(type=EntryType.SPEND).count()
    if spent != answered:
        raise WrongAnswer(f"{answered} spends answered, {spent} entries.")
    check_books()


def _figures(loads: dict[str, list[Load]]) -> Figures:
    rates = {name: [load.rate for load in runs] for name, runs in loads.items()}
    p99s = {name: median([load.latency_ms(99) for load in runs]) for name, runs in loads.items()}
    return {
        "balance_rate": median(rates["balance"]),
        "balance_p99_ms": p99s["balance"],
        "spend_rate": median(rates["spend"]),
        "spend_p99_ms": p99s["spend"],
        "noop_rate": median(rates["noop"]),
        "noop_p99_ms": p99s["noop"],
        "balance_rate_vs_noop": median_ratio(rates["balance"], rates["noop"]),
        "spend_rate_vs_noop": median_ratio(rates["spend"], rates["noop"]),
    }
