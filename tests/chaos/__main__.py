"""Break the product on purpose while people use it: ./dev chaos [--cycles N] [--seed S] [--json FILE]."""

import argparse
import json
import shutil
import signal
import sys
from pathlib import Path

from sandbox.processes import SandboxError
from tests.chaos import report
from tests.chaos.campaign import Campaign
from tests.chaos.installation import ROOT, Installation
from tests.chaos.plan import SORTS, plan

RATE = 20.0


def main(arguments: list[str]) -> int:
    """Run a campaign; give 0 when nothing was found, 1 when something was, 2 when it could not run."""
    options = _options(arguments)
    cycles = plan(options.seed, options.cycles, options.faults.split(",") if options.faults else tuple(SORTS))
    if options.plan:
        for cycle in cycles:
            print(json.dumps({"cycle": cycle.number, "faults": [vars(fault) for fault in cycle.faults]}))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # cleans up as Ctrl-C does
    try:
        print("Starting PostgreSQL, Redis, Firestore, Stripe's stand-in and the product ...", flush=True)
        with Installation(root=options.tree) as installation:
            campaign = Campaign(
                installation, seed=options.seed, rate=options.rate, impatient=options.impatient
            )
            try:
                result = campaign.run(cycles, say=lambda text: print(text, flush=True))
            finally:
                if options.logs:
                    shutil.copytree(installation.directory / "logs", options.logs, dirs_exist_ok=True)
    except (SandboxError, TimeoutError) as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    print(report.as_table(result), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report.as_json(result), indent=2) + "\n")
    return 0 if result.verdict.is_clean else 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument(
        "--cycles", type=int, default=20, metavar="N", help="20 if not given; 200 is a campaign"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="the same seed plans the same faults"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    parser.add_argument(
        "--faults", metavar="KIND,...", type=_kinds, help="only these; all are " + ", ".join(SORTS)
    )
    parser.add_argument("--plan", action="store_true", help="show the plan, and do nothing")
    parser.add_argument("--rate", type=float, default=RATE, help=f"what people do in a second, {RATE:.0f}")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the tree whose product is broken, this one")
    parser.add_argument("--logs", type=Path, metavar="DIRECTORY", help="keep the processes' logs")
    parser.add_argument(
        "--impatient", action="store_true", help="have leases and pauses end with the last cycle"
    )
    return parser.parse_args(arguments)


def _kinds(text: str) -> str:
    if unknown := set(text.split(",")) - SORTS.keys():
        raise argparse.ArgumentTypeError(f"there are no faults {', '.join(sorted(unknown))}")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
