"""The oracle sees: a campaign over a copy of the tree with a guard taken out fails, and says what for."""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.chaos.plan import plan
from tests.support.servers import environment_without_systems

SECONDS_MAX = 600
CAMPAIGNS_MAX = 3  # whether a caller tries again before the end is a campaign's chance
CYCLES = 2
KIND = "kill-web-at-point"
POINT = "spent, not answered"
COPIED = (
    *("config", "backoffice", "payments", "security", "tokens", "mirror", "identity", "foundation"),
    *("sandbox", "deploy", "templates", "static", "manage.py", "gunicorn.conf.py"),
)
# A call's key no longer reaches the ledger: whatever was done and not answered is done again.
FILE, GUARD, INSTEAD = (
    "tokens/kinds.py",
    "hashlib.sha256(self.key.encode()).hexdigest()[:32]",
    "hashlib.sha256(__import__('os').urandom(16)).hexdigest()[:32]",
)


@pytest.fixture
def tree_without_guard(tmp_path: Path) -> Path:
    """A copy of what runs, in which one line is another."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in COPIED:
        source = settings.BASE_DIR / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    text = (tree / FILE).read_text()
    assert text.count(GUARD) == 1
    (tree / FILE).write_text(text.replace(GUARD, INSTEAD))
    return tree


def seeds_that_strike_there() -> Iterator[int]:
    """The seeds whose plan has nobody killed but right after a spend."""

    def points(seed: int) -> set[str]:
        return {fault.target for cycle in plan(seed, CYCLES, [KIND]) for fault in cycle.faults}

    return (seed for seed in itertools.count() if points(seed) == {POINT})


def run_campaign(tree: Path, seed: int, file: Path) -> tuple[int, dict[str, Any]]:
    """Run a small one in a process of its own; give its status and its figures."""
    options = (
        "--cycles",
        str(CYCLES),
        "--seed",
        str(seed),
        "--faults",
        KIND,
        "--impatient",
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *options, "--tree", str(tree), "--json", str(file)],
        cwd=settings.BASE_DIR,
        env=environment_without_systems(),
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert file.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(file.read_text())


@pytest.mark.long
@pytest.mark.timeout(SECONDS_MAX + 30)
def test_a_campaign_over_a_tree_whose_ledger_ignores_callers_keys_fails_and_finds_only_that(
    tree_without_guard: Path, tmp_path: Path
):
    seeds = itertools.islice(seeds_that_strike_there(), CAMPAIGNS_MAX)
    campaigns = [run_campaign(tree_without_guard, next(seeds), tmp_path / "first.json")]
    for seed in seeds:
        # A retry that is refused, since the wallet is frozen or empty by then, leaves a first spend of whose caller was
        # told no: invented. Whether that happens is a campaign's chance, too.
        if campaigns[-1][1]["doubled"] and not campaigns[-1][1]["invented"]:
            break
        campaigns.append(run_campaign(tree_without_guard, seed, tmp_path / f"{seed}.json"))
    status, figures = campaigns[-1]

    assert status == 1, figures
    assert figures["kills"] == CYCLES
    assert figures["doubled"] >= 1, figures
    found = {name: figures[name] for name in ("lost", "invented", "mirror_stale", "doubtful")}
    assert found == {"lost": 0, "invented": 0, "mirror_stale": 0, "doubtful": 0}, figures
