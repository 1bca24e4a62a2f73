"""Runs the checks, each for itself: one that cannot be made keeps no other from being made."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from foundation.errors import Refusal
from payments.services.reconciliation import checks
from payments.services.reconciliation.check import Check, Discrepancy, Findings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check went. `error` says why it could not be made, or not in full; empty when it was."""

    check: str
    looked_at: int
    discrepancies: tuple[Discrepancy, ...]
    error: str


@cache
def available() -> dict[str, Check]:
    """The checks there are, by name."""
    names = sorted(module.name for module in iter_modules(checks.__path__))
    found = [import_module(f"{checks.__name__}.{name}").CHECK for name in names]
    return {check.name: check for check in found}


def reconcile(*, names: Sequence[str], since: datetime, now: datetime) -> list[CheckResult]:
    """Run these checks since a moment, and answer what each has found."""
    return [_run(available()[name], since, now) for name in names]


def _run(check: Check, since: datetime, now: datetime) -> CheckResult:
    try:
        findings = check.run(since, now)
    except Refusal as refusal:
        findings = Findings(0, (), left_out=refusal.detail or refusal.title)
    for found in findings.discrepancies:
        facts = {"check": check.name, "kind": found.kind, "subject": found.subject}
        logger.warning("discrepancy.found", extra=facts)
        if found.is_repaired:
            logger.info("discrepancy.repaired", extra=facts)
    counts = {
        "check": check.name,
        "looked_at": findings.looked_at,
        "discrepancies": len(findings.discrepancies),
        "error": findings.left_out,
    }
    logger.info("reconcile.finished", extra=counts)
    return CheckResult(check.name, findings.looked_at, findings.discrepancies, findings.left_out)
