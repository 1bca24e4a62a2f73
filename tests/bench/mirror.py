"""`mirror`: wallets per second into Firestore beside the bare client, a backlog, and from paid to visible.

The bare client does for each wallet what cannot be left out, on as many threads: read the document, commit the entry
and the fields under a guard. It knows them already; the mirror claims, asks the ledger, and notes what it did.
"""

import time
from collections.abc import Callable
from functools import partial

from django.utils import timezone

from mirror.models import OutboxRow
from mirror.services.dispatch import deliver_due
from tests.bench.bare_firestore import BareFirestore
from tests.bench.http_load import WrongAnswer
from tests.bench.people import Buyer, credit_all, open_buyers
from tests.bench.purchases import paid_to_visible_p99s
from tests.bench.rounds import Figures, interleave, median, median_ratio
from tests.bench.sizes import Sizes
from tests.bench.stage import Place


def measure(place: Place, sizes: Sizes) -> Figures:
    """Measure the two in turns, then the backlog, then real purchases."""
    deliver_all()  # what preparing the stage left
    wallets = open_buyers(sizes.mirrored_wallets)
    client = BareFirestore(place, count=sizes.mirrored_wallets)
    runs: dict[str, Callable[[], float]] = {
        "ours": partial(wallets_per_second, wallets),
        "client": client.wallets_per_second,
    }
    interleave(runs, 1)  # their documents are new, and so are the connections
    rates = interleave(runs, sizes.rounds)
    backlog = open_buyers(sizes.backlog_wallets, first=len(wallets) + 1)
    entries = [entries_per_second(backlog, sizes.backlog_entries) for _ in range(sizes.rounds)]
    waits = paid_to_visible_p99s(place, sizes, first_buyer=len(wallets) + len(backlog) + 1)
    return {
        "wallets_per_second": median(rates["ours"]),
        "entries_per_second": median(entries),
        "rate_vs_client": median_ratio(rates["ours"], rates["client"]),
        "paid_to_visible_p99_seconds": median(waits),
        "client_wallets_per_second": median(rates["client"]),
    }


def wallets_per_second(wallets: list[Buyer]) -> float:
    """Credit each wallet once, then mirror them all."""
    credit_all([wallet.account_id for wallet in wallets])
    return len(wallets) / deliver_all()


def entries_per_second(wallets: list[Buyer], entries: int) -> float:
    """Credit each wallet many times, then mirror them all."""
    for _ in range(entries):
        credit_all([wallet.account_id for wallet in wallets])
    return len(wallets) * entries / deliver_all()


def deliver_all() -> float:
    """Run the worker's task until nothing is due; give the seconds it took."""
    started = time.perf_counter()
    run = deliver_due(clock=timezone.now)
    took = time.perf_counter() - started
    if run.failed or OutboxRow.objects.exists():
        raise WrongAnswer(f"Not everything was mirrored: {run}")
    return took
