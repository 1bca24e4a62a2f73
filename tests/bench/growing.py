"""Fills a ledger and works on it for `tests.bench.growth`: python -m tests.bench.growing.

Each line of the input is `fill WALLETS ENTRIES_EACH`, answered with how many entries are new, or a deed and a number of
seconds, answered with how often it was done per second.
"""

import sys

import django


def main() -> None:
    """Do as the input says."""
    django.setup()
    from tests.bench.deeds import SeededLedger  # noqa: PLC0415 - needs the apps

    ledger = SeededLedger()
    print("ready", flush=True)
    for line in sys.stdin:
        order, *numbers = line.split()
        if order == "fill":
            print(ledger.fill(int(numbers[0]), int(numbers[1])), flush=True)
        else:
            print(ledger.rate(order, float(numbers[0])), flush=True)


if __name__ == "__main__":
    main()
