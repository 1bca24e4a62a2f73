"""A campaign's table and JSON."""

import statistics
from collections import defaultdict
from typing import Any

from tests.chaos.campaign import Result

FINDINGS_SHOWN_MAX = 10
SLOWEST_SHOWN = 10


def as_json(result: Result) -> dict[str, Any]:
    """What the contract promises, and what else was counted."""
    verdict = {name: len(found) for name, found in vars(result.verdict).items()}
    seconds = [recovery.seconds for recovery in result.recoveries] or [0.0]
    return {
        "cycles": result.cycles,
        "kills": result.kills,
        "acknowledged": result.acknowledged,
        **verdict,
        "recovery_seconds_median": round(statistics.median(seconds), 3),
        "recovery_seconds_max": round(max(seconds), 3),
        "seed": result.seed,
        "recoveries": len(result.recoveries),
        "slowest": [
            {**vars(slow), "at": round(slow.at), "seconds": round(slow.seconds, 2)}
            for slow in sorted(result.recoveries, key=lambda recovery: -recovery.seconds)[:SLOWEST_SHOWN]
        ],
        "events_handled": result.webhooks,
        "settle_seconds": round(result.settle_seconds, 1),
        "seconds": round(result.seconds, 1),
        "faults": dict(sorted(result.struck.items())),
        "not_struck": list(result.not_struck),
        "answers": {str(status): count for status, count in sorted(result.statuses.items())},
        "findings": [f"{name}: {found}" for name, found in result.verdict.findings],
    }


def as_table(result: Result) -> str:
    """The same for people."""
    told = as_json(result)
    by_cause = defaultdict(list)
    for recovery in result.recoveries:
        by_cause[recovery.cause].append(recovery.seconds)
    lines = ["", f"{'fault':<26}{'struck':>8}{'back':>6}{'median s':>10}{'worst s':>10}"]
    for kind in sorted(told["faults"].keys() | by_cause.keys()):
        seconds = by_cause.get(kind, [])
        times = f"{statistics.median(seconds):>10.2f}{max(seconds):>10.2f}" if seconds else ""
        lines.append(f"{kind:<26}{told['faults'].get(kind, 0):>8}{len(seconds):>6}{times}")
    lines.append("")
    shown = ("cycles", "kills", "acknowledged", "events_handled", *vars(result.verdict))
    lines += [f"{name:<26}{told[name]:>8}" for name in shown]
    lines += [
        f"{name:<26}{told[name]:>8.2f}"
        for name in ("recovery_seconds_median", "recovery_seconds_max", "settle_seconds", "seconds")
    ]
    lines.append("")
    lines += [
        "{process:<10}{cause:<18}at {at:>5} s{seconds:>8.2f} s".format(**slow) for slow in told["slowest"]
    ]
    if told["not_struck"]:
        lines += ["", f"not struck: {len(told['not_struck'])}, such as {told['not_struck'][0]}"]
    lines += ["", *told["findings"][:FINDINGS_SHOWN_MAX]]
    if len(told["findings"]) > FINDINGS_SHOWN_MAX:
        lines.append(f"and {len(told['findings']) - FINDINGS_SHOWN_MAX} more, in the JSON")
    return "\n".join(lines)
