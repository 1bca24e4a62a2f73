"""Reconciles in tests, when what has just happened is no longer on its way."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from payments.models import Discrepancy
from payments.services.reconciliation.runner import CheckResult, available, reconcile

ON_ITS_WAY = timedelta(minutes=10)
SINCE = timedelta(hours=12)


def later() -> datetime:
    """When what happened by now has arrived, or is lost."""
    return timezone.now() + ON_ITS_WAY


def checked(
    *names: str, repairs: bool = False, whole: bool = True, since: timedelta = SINCE
) -> dict[str, CheckResult]:
    """Make these checks, or all; each must have been made in full."""
    now = later()
    results = reconcile(
        names=names or list(available()), since=now - since, now=now, repairs=repairs, is_whole=whole
    )
    assert [result.error for result in results] == [""] * len(results)
    return {result.check: result for result in results}


def found(results: dict[str, CheckResult]) -> dict[str, set[str]]:
    """Which kinds each check has found; without those that found nothing."""
    return {
        name: {each.difference.kind for each in result.found}
        for name, result in results.items()
        if result.found
    }


def unrepaired(results: dict[str, CheckResult]) -> dict[str, set[str]]:
    """Which kinds each check could not mend."""
    left = {
        name: {each.difference.kind for each in result.found if not each.is_repaired}
        for name, result in results.items()
    }
    return {name: kinds for name, kinds in left.items() if kinds}


def open_rows(check_name: str) -> Collection[tuple[str, str]]:
    """What the rows say is open."""
    rows = Discrepancy.objects.filter(check_name=check_name, status="open")
    return set(rows.values_list("kind", "subject"))
