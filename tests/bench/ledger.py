"""`ledger`: credits through `tokens.services.ledger.post`, beside pgbench and beside plain ORM calls, in turns.

pgbench calls the same database function on the same wallets, from as many clients. The ORM writes the same rows in
four processes, as the tables' owner, under the same triggers.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

from sandbox import binaries
from sandbox.processes import SandboxError
from tests.bench.http_load import WrongAnswer
from tests.bench.people import open_buyers
from tests.bench.rounds import Figures, interleave, median, median_ratio
from tests.bench.serving import ROOT
from tests.bench.sizes import Sizes
from tests.bench.stage import Place
from tokens.models import Entry
from tokens.queries.integrity import find_imbalances

CLIENTS = 8
ORM_PROCESSES = 4
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
    """Run the three in turns; check the whole book; give the figures."""
    open_buyers(sizes.wallets)
    place.logs.mkdir(exist_ok=True)
    script = place.logs / "credit.sql"
    script.write_text(SCRIPT.format(wallets=sizes.wallets))
    with (
        Poster("ours", CLIENTS, place, sizes.wallets) as ours,
        Poster("orm", ORM_PROCESSES, place, sizes.wallets) as orm,
    ):
        runs: dict[str, Callable[[], float]] = {
            "ours": partial(ours.rate, sizes.ledger_seconds),
            "pgbench": partial(pgbench_rate, place, script, sizes.ledger_seconds),
            "orm": partial(orm.rate, sizes.ledger_seconds),
        }
        rates = interleave(runs, sizes.rounds)
    _check_books()
    return {
        "rate": median(rates["ours"]),
        "rate_vs_pgbench": median_ratio(rates["ours"], rates["pgbench"]),
        "rate_vs_orm": median_ratio(rates["ours"], rates["orm"]),
        "pgbench_rate": median(rates["pgbench"]),
        "orm_rate": median(rates["orm"]),
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


class Poster:
    """A process that posts in several processes of its own when told: `tests.bench.posting`."""

    def __init__(self, way: str, processes: int, place: Place, wallets: int) -> None:
        database = place.owners_url if way == "orm" else place.environment["DATABASE_URL"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.posting", way, str(processes), str(wallets)],
            cwd=ROOT,
            env={**place.environment, "DATABASE_URL": database},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self._answer()  # it is ready
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # the end of its input ends it

    def rate(self, seconds: float) -> float:
        """Credits per second, of all its processes together."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise WrongAnswer("The posting process ended; what went wrong stands above.")
        return line


def _check_books() -> None:
    """Whoever wrote them, the entries are those of one sound book."""
    if imbalances := find_imbalances():
        raise WrongAnswer(f"The books are wrong: {imbalances[:3]}")
    if not Entry.objects.exists():
        raise WrongAnswer("Nothing was posted.")
