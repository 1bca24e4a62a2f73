"""Posts credits for the bench `ledger`: python -m tests.bench.posting ours|orm PROCESSES WALLETS.

Each line of the input is a number of seconds: so long all processes post, each on a connection of its own and always
to another wallet. Each line of the output is what they reached together, in credits per second.
"""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

import django

WARM_UP_CREDITS = 20
LINE_UP_SECONDS_MAX = 60.0

_line: Barrier
_post: Callable[[int], None]


def main(way: str, processes: int, wallets: int) -> None:
    """Fork the processes, then do as the input says."""
    django.setup()
    from tests.bench.credits import WAYS  # noqa: PLC0415 - needs the apps

    post = WAYS[way]
    context = multiprocessing.get_context("fork")  # before anything has threads or connections
    line = context.Barrier(processes)
    with context.Pool(processes, _begin, (line, post, wallets)) as pool:
        pool.map(_run, [(0.0, wallets)] * processes, chunksize=1)
        print("ready", flush=True)
        for given in sys.stdin:
            rates = pool.map(_run, [(float(given), wallets)] * processes, chunksize=1)
            print(sum(rates), flush=True)


def _begin(line: Barrier, post: Callable[[int], None], wallets: int) -> None:
    global _line, _post
    _line, _post = line, post
    random.seed()
    for _ in range(WARM_UP_CREDITS):
        post(random.randint(1, wallets))


def _run(order: tuple[float, int]) -> float:
    seconds, wallets = order
    _line.wait(LINE_UP_SECONDS_MAX)  # so that each process gets one order, and all begin at once
    started = now = time.perf_counter()
    count = 0
    while now - started < seconds:
        _post(random.randint(1, wallets))
        count += 1
        now = time.perf_counter()
    return count / (now - started) if count else 0.0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
