"""The arrows between the apps and inside them, as pyproject.toml draws them."""

import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT, product


def test_the_import_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_product_imports_neither_sandbox_nor_tests() -> None:
    pattern = re.compile(r"^\s*(?:import|from) (?:sandbox|tests)\b", re.MULTILINE)
    assert [source.name for source in product() if pattern.search(source.text)] == []
