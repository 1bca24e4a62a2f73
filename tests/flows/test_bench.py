"""`./dev bench --json` writes what the contract says, on sizes that measure nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.servers import environment_without_systems

SECONDS_MAX = 300
FIGURES = {
    *("rate", "rate_vs_pgbench", "rate_vs_orm", "rate_vs_hordak", "batch100_vs_single", "hot_wallet_rate"),
    *("spend_rate", "hold_capture_rate", "growth_credit", "growth_spend", "growth_balance", "growth_history"),
    *("growth_statement", "machine_processors", "machine_idle_percent"),
}


@pytest.mark.long
@pytest.mark.timeout(SECONDS_MAX + 30)
def test_a_bench_writes_its_figures_and_how_busy_the_machine_was(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--trying", "--json", str(file), "ledger", "reconcile"],
        cwd=settings.BASE_DIR,
        env=environment_without_systems(),
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    assert figures.keys() == {"ledger", "reconcile"}
    assert figures["ledger"].keys() >= FIGURES
    assert all(isinstance(number, int | float) and number >= 0 for number in figures["ledger"].values())
    assert figures["reconcile"]["false_findings"] == 0
