"""What smoke looks at."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from config import limits
from tests.support.shop_fixtures import shop, stripe_sandbox

__all__ = ["shop", "stripe_sandbox"]

Findings = dict[str, tuple[str, str]]
Smoke = Callable[..., Findings]


@pytest.fixture
def smoke(monkeypatch: pytest.MonkeyPatch) -> Smoke:
    """Run the command; give each check's verdict and words. It waits for nothing, unless told."""

    def run(url: str, *options: str, patience: float = 0) -> Findings:
        monkeypatch.setattr(limits, "SMOKE_PATIENCE_SECONDS", patience)
        told = told_by(url, *options)
        failed = any(check["verdict"] == "failed" for check in told["checks"])
        assert told["status"] == failed
        return {check["check"]: (check["verdict"], check["words"]) for check in told["checks"]}

    return run


def told_by(url: str, *options: str) -> Any:
    """The command's JSON; it exits by what it tells."""
    out, status = io.StringIO(), 0
    try:
        call_command("smoke", url, "--json", *options, stdout=out)
    except SystemExit as ended:
        status = int(ended.code or 0)
    told = json.loads(out.getvalue())
    assert told["status"] == status
    return told
