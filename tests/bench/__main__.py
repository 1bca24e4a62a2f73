"""Measure the product beside its peers: ./dev bench [--json FILE] [NAME...]."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from sandbox.processes import SandboxError
from tests.bench.http_load import WrongAnswer
from tests.bench.machine import Busyness
from tests.bench.rounds import Figures
from tests.bench.sizes import MEASURING, TRYING, Sizes
from tests.bench.stage import Place, Stage
from tests.bench.targets import verdict

LOG_LINES = 12
NAMES = ("webhook", "ledger", "api", "mirror", "start")
BY_NAME = ("load", "backoffice", "reconcile")  # they take half an hour
Measure = Callable[[Place, Sizes], Figures]


def main(arguments: list[str]) -> int:
    """Run the named benches, or all; give the exit status."""
    options = _options(arguments)
    sizes = TRYING if options.trying else MEASURING
    if options.soak:
        sizes = replace(sizes, steady_seconds=options.soak, outage_seconds=options.soak)
    results: dict[str, Figures] = {}
    try:
        print("Starting PostgreSQL, Redis, Firestore and Stripe's stand-in ...", flush=True)
        with Stage() as stage:
            print(f"On {stage.sources}; medians of {sizes.rounds} rounds.", flush=True)
            for name in dict.fromkeys(options.names or NAMES):
                results[name] = _run(name, stage, sizes)
                if options.json:
                    options.json.write_text(json.dumps(results, indent=2) + "\n")
    except SandboxError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[*NAMES, *BY_NAME, []], help=", ".join((*NAMES, *BY_NAME))
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write {bench: {figure: number}}")
    parser.add_argument(
        "--trying", action="store_true", help="sizes that only show that it works: no figure means anything"
    )
    parser.add_argument(
        "--soak", type=float, metavar="SECONDS", help="how long load is steady, and then without Firestore"
    )
    return parser.parse_args(arguments)


def _run(name: str, stage: Stage, sizes: Sizes) -> Figures:
    # The modules use models, and those need the settings, which the stage has just made.
    measure: Measure = import_module(f"tests.bench.{name}").measure
    with stage.place() as place:
        busyness = Busyness()
        started = time.monotonic()
        try:
            figures = measure(place, sizes) | busyness.figures()
        except WrongAnswer:
            _show_logs(place)
            raise
    print(f"\n{name} ({time.monotonic() - started:.0f} s)", flush=True)
    for figure, number in figures.items():
        print(f"  {figure:<28} {number:>12,.3f}  {verdict(name, figure, number)}".rstrip(), flush=True)
    return {figure: round(number, 4) for figure, number in figures.items()}


def _show_logs(place: Place) -> None:
    """Show how the logs end: they are removed with the stage."""
    for log in sorted(place.logs.glob("*.log")):
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        print(f"\n--- {log.name} ends:\n{tail}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
