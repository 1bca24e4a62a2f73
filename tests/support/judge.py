"""Judges Stripe objects by Stripe's own published description, where its checker lies beside the checkout."""

import importlib.util
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CHECKER = Path(__file__).resolve().parents[2].parent / "shared" / "stripe" / "check_object.py"

Faults = Callable[[str, dict[str, Any]], list[str]]


@cache
def checker() -> Faults:
    """The checker's `faults(name, object)`; skips the test where there is none, fails in CI."""
    if not CHECKER.exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI is set, but there is no {CHECKER.name} beside the checkout")
        pytest.skip("Stripe's description is not at hand")
    spec = importlib.util.spec_from_file_location("check_object", CHECKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    faults: Faults = module.faults
    return faults


def faults_in_journal(journal: Path) -> list[str]:
    """Every fault of every object that a sandbox has written down, each kind of fault once."""
    faults = checker()
    found = set()
    for line in journal.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found |= {f"{entry['name']} {fault}" for fault in faults(entry["name"], entry["object"])}
    return sorted(found)
