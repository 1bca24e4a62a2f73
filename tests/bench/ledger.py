"""`ledger`: what the product posts, beside pgbench, plain ORM calls and django-hordak, in turns; and what growth costs.

pgbench calls the same database function on the same wallets, from as many clients. The ORM writes the same rows in
four processes, as the tables' owner, under the same triggers. django-hordak has tables of its own beside ours.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from sandbox import binaries
from sandbox.processes import SandboxError
from tests.bench.books import check_books
from tests.bench.credits import BATCH
from tests.bench.growth import measure_growth
from tests.bench.http_load import WrongAnswer
from tests.bench.people import credit_all, open_buyers
from tests.bench.posters import Posters, as_hordak, as_owner
from tests.bench.rounds import Figures, interleave, median, median_ratio
from tests.bench.serving import ROOT
from tests.bench.sizes import Sizes
from tests.bench.stage import Place

CLIENTS = 8
ORM_PROCESSES = HORDAK_CLIENTS = 4
BATCH_WALLETS = 2 * BATCH  # a batch begins with any of the first half
TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
# The wallet's account follows from its number (tests.bench.people.account_id_of).
SCRIPT = """
\\set wallet random(1, {wallets})
SELECT entry_id, balance, seq, replayed FROM ledger_post(
    gen_random_uuid(), 'purchase', 'pgbench:' || gen_random_uuid(),
    ('00000000-0000-4000-9000-' || lpad(:wallet::text, 12, '0'))::uuid,
    '{{issuance,promotions}}'::text[], '{{-200,-50}}'::bigint[], gen_random_uuid(), 'basic', clock_timestamp());
"""


def measure(place: Place, sizes: Sizes) -> Figures:
    """Run all of them in turns; check the whole book; then measure what growth costs; give the figures."""
    _prepare(place, sizes)
    with ExitStack() as running:
        runs = _contenders(place, sizes, running)
        rates = interleave(runs, sizes.rounds)
    check_books()
    return _figures(rates) | measure_growth(place, sizes)


def _prepare(place: Place, sizes: Sizes) -> None:
    """Customers with tokens to spend, and the peer's tables."""
    buyers = open_buyers(max(sizes.wallets, BATCH_WALLETS))
    for _ in range(sizes.credits_before):
        credit_all([buyer.account_id for buyer in buyers[: sizes.wallets]])
    place.logs.mkdir(exist_ok=True)
    (place.logs / "credit.sql").write_text(SCRIPT.format(wallets=sizes.wallets))
    peer = [sys.executable, "-m", "tests.bench.peer.hordak", str(sizes.wallets)]
    subprocess.run(peer, cwd=ROOT, env=as_hordak(place), check=True)


def _contenders(place: Place, sizes: Sizes, running: ExitStack) -> dict[str, Callable[[], float]]:
    """Start whoever posts; each gives its rate when it is called."""
    wallets, seconds = sizes.wallets, sizes.ledger_seconds
    ours = {
        "ours": ("ours", CLIENTS, wallets),
        "ours_by_four": ("ours", HORDAK_CLIENTS, wallets),
        "spend": ("spend", CLIENTS, wallets),
        "hold": ("hold", CLIENTS, wallets),
        "hot_wallet": ("spend", sizes.hot_wallet_clients, 1),
        "batch": ("batch", 1, BATCH),
    }
    posters = running.enter_context(Posters(place.environment, *ours.values()))
    orm = running.enter_context(Posters(as_owner(place), ("orm", ORM_PROCESSES, wallets)))
    hordak = running.enter_context(Posters(as_hordak(place), ("hordak", HORDAK_CLIENTS, wallets)))
    runs: dict[str, Callable[[], float]] = {
        name: partial(posters.rate, number, seconds) for number, name in enumerate(ours)
    }
    return runs | {
        "pgbench": partial(pgbench_rate, place, place.logs / "credit.sql", seconds),
        "orm": partial(orm.rate, 0, seconds),
        "hordak": partial(hordak.rate, 0, seconds),
    }


def _figures(rates: dict[str, list[float]]) -> Figures:
    batched = [calls * BATCH for calls in rates["batch"]]
    return {
        "rate": median(rates["ours"]),
        "rate_vs_pgbench": median_ratio(rates["ours"], rates["pgbench"]),
        "rate_vs_orm": median_ratio(rates["ours"], rates["orm"]),
        "rate_vs_hordak": median_ratio(rates["ours_by_four"], rates["hordak"]),
        "batch100_vs_single": median_ratio(batched, rates["ours"]),
        "batch100_rate": median(batched),
        "spend_rate": median(rates["spend"]),
        "hold_capture_rate": median(rates["hold"]),
        "hot_wallet_rate": median(rates["hot_wallet"]),
        "pgbench_rate": median(rates["pgbench"]),
        "orm_rate": median(rates["orm"]),
        "hordak_rate": median(rates["hordak"]),
    }


def pgbench_rate(place: Place, script: Path, seconds: int) -> float:
    """Credits per second by pgbench, with statements prepared once."""
    program = binaries.find_postgres().directory / "pgbench"
    if not program.exists():
        raise SandboxError(f"{program} was not found. Install it (Debian: apt install postgresql-contrib).")
    threads = str(min(CLIENTS, os.cpu_count() or 1))
    options = ["--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}", f"--jobs={threads}"]
    done = subprocess.run(
        [program, *options, f"--time={seconds}", f"--file={script}", place.environment["DATABASE_URL"]],
        capture_output=True,
        check=False,
        text=True,
        timeout=seconds + 60,
    )
    tps = TPS.search(done.stdout)
    if done.returncode or tps is None:
        raise WrongAnswer(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return float(tps[1])
