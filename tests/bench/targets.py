"""What figures are wanted, as far as somebody has promised them."""

import operator
from collections.abc import Callable
from typing import Final

AT_LEAST: Final = "≥"
AT_MOST: Final = "≤"
_HOLDS: Final[dict[str, Callable[[float, float], bool]]] = {AT_LEAST: operator.ge, AT_MOST: operator.le}
GROWTH: Final = (AT_MOST, 1.3)  # so many times longer on 2 million entries than on 10 thousand
TARGETS: Final[dict[str, dict[str, tuple[str, float]]]] = {
    "ledger": {
        "rate_vs_pgbench": (AT_LEAST, 0.6),
        "rate_vs_orm": (AT_LEAST, 3.0),
        "rate_vs_hordak": (AT_LEAST, 2.0),
        "batch100_vs_single": (AT_LEAST, 2.5),
        "batch100_rate": (AT_LEAST, 10_000.0),
        "growth_credit": GROWTH,
        "growth_spend": GROWTH,
        "growth_balance": GROWTH,
        "growth_history": GROWTH,
        "growth_statement": GROWTH,
    },
    "load": {"drain_vs_outage": (AT_MOST, 1.0)},
    "reconcile": {
        "false_findings": (AT_MOST, 0.0),
        "stripe_calls_vs_allowed": (AT_MOST, 1.0),
    },
    "backoffice": {
        "slowest_p95_ms": (AT_MOST, 300.0),
        "most_queries": (AT_MOST, 25.0),
        "export_growth_mb": (AT_MOST, 50.0),
    },
}


def verdict(bench: str, figure: str, number: float) -> str:
    """What was wanted, and whether that is it; empty where nothing is."""
    target = TARGETS.get(bench, {}).get(figure)
    if target is None:
        return ""
    how, wanted = target
    return f"{how} {wanted:,g} {'met' if _HOLDS[how](number, wanted) else 'MISSED'}"
