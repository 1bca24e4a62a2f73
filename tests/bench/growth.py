"""What a credit, a spend and the reads cost on a small ledger and on a large one, in turns.

Both are filled as `seed_load` fills them, in databases of their own; `tests.bench.growing` works on each.
"""

import os
from functools import partial

import psycopg

from tests.bench.posters import Talker
from tests.bench.rounds import Figures, interleave, median_ratio
from tests.bench.sizes import Sizes
from tests.bench.stage import Place

DEEDS = ("credit", "spend", "balance", "history", "statement")


def measure_growth(place: Place, sizes: Sizes) -> Figures:
    """For each deed how many times longer it takes on the large ledger."""
    with (
        place.another() as small,
        place.another() as large,
        _worker(small) as on_small,
        _worker(large) as on_large,
    ):
        for worker, its_place, wallets in (
            (on_small, small, sizes.small_ledger_wallets),
            (on_large, large, sizes.large_ledger_wallets),
        ):
            worker.ask(f"fill {wallets} {sizes.seeded_entries}")
            _tidy(its_place)
        return {f"growth_{deed}": _growth(deed, on_small, on_large, sizes) for deed in DEEDS}


def _growth(deed: str, small: Talker, large: Talker, sizes: Sizes) -> float:
    order = f"{deed} {sizes.growth_seconds}"
    rates = interleave(
        {"small": partial(small.ask, order), "large": partial(large.ask, order)}, sizes.growth_rounds
    )
    return median_ratio(rates["small"], rates["large"])


def _worker(place: Place) -> Talker:
    return Talker("tests.bench.growing", [], {**os.environ, **place.environment})


def _tidy(place: Place) -> None:
    """Do at once what autovacuum does in its time, so that it does not begin in the middle of a round."""
    with psycopg.connect(place.owners_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
