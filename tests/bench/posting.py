"""Posts for the bench `ledger`: python -m tests.bench.posting WAY:PROCESSES:WALLETS ...

A way is one of `tests.bench.credits`, or the peer's, `hordak`. Each line of the input is the number of one of the
arguments and a number of seconds: so long all its processes post, each on a connection of its own and always to
another wallet. Each line of the output is how often they posted, all together, per second.
"""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import django

WARM_UP_POSTS = 20
LINE_UP_SECONDS_MAX = 60.0

_line: Barrier
_post: Callable[[int], None]


def main(arguments: list[str]) -> None:
    """Fork whoever posts, then have them do as the input says."""
    django.setup()
    context = multiprocessing.get_context("fork")  # before anything has threads or connections
    ends, servants = [], []
    for argument in arguments:
        way, processes, wallets = argument.split(":")
        ours, theirs = context.Pipe()
        servants.append(
            context.Process(target=_serve, args=(theirs, _way(way), int(processes), int(wallets)))
        )
        servants[-1].start()
        theirs.close()  # so that the end of a servant is heard
        ends.append(ours)
    try:
        _pass_on(ends)
    finally:
        for servant in servants:
            servant.terminate()


def _pass_on(ends: list[Connection]) -> None:
    """Hand each order to the servant whom it names."""
    for end in ends:
        end.recv()
    print("ready", flush=True)
    for given in sys.stdin:
        number, seconds = given.split()
        ends[int(number)].send(float(seconds))
        print(ends[int(number)].recv(), flush=True)


def _way(name: str) -> Callable[[int], None]:
    """What is done to a wallet. The modules need the apps: ours, or the peer's, which has settings of its own."""
    if name == "hordak":
        from tests.bench.peer.hordak import transfer  # noqa: PLC0415 - needs its apps

        return transfer
    from tests.bench.credits import WAYS  # noqa: PLC0415 - needs our apps

    return WAYS[name]


def _serve(orders: Connection, post: Callable[[int], None], processes: int, wallets: int) -> None:
    """Post in so many processes whenever it is ordered, for as long as is ordered."""
    context = multiprocessing.get_context("fork")
    line = context.Barrier(processes)
    with context.Pool(processes, _begin, (line, post, wallets)) as pool:
        pool.map(_run, [(0.0, wallets)] * processes, chunksize=1)
        orders.send(None)
        while True:
            seconds = orders.recv()
            orders.send(sum(pool.map(_run, [(seconds, wallets)] * processes, chunksize=1)))


def _begin(line: Barrier, post: Callable[[int], None], wallets: int) -> None:
    global _line, _post
    _line, _post = line, post
    random.seed()
    for _ in range(WARM_UP_POSTS):
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
    main(sys.argv[1:])
