"""Runs the checks, each for itself: one that cannot be made keeps no other from being made."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection

from foundation.errors import Refusal
from identity.kinds import SYSTEM_ACTOR, Actor
from payments.errors import PaymentsUnavailable
from payments.models import ReconciliationRun
from payments.services.reconciliation import records
from payments.services.reconciliation.alerting import tell
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.checks import ALL
from payments.services.reconciliation.records import Found
from payments.services.reconciliation.scope import Scope
from payments.services.reconciliation.time_limit import end_of_time

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check went. `error` says why it could not be made, or not in full; empty when it was."""

    check: str
    looked_at: int
    found: tuple[Found, ...]
    error: str
    tokens_at_risk: int
    cents_at_risk: Mapping[str, int]


def available() -> Mapping[str, Check]:
    """The checks there are, by name, in the order in which they are made."""
    return ALL


def reconcile(
    *,
    names: Sequence[str],
    since: datetime,
    now: datetime,
    repairs: bool = False,
    is_whole: bool = False,
    actor: Actor = SYSTEM_ACTOR,
) -> list[CheckResult]:
    """Make these checks since a moment, in their own order; answer what each has found, and keep it.

    Two at once do no harm: what both find is one row, and what both mend is mended once.

    :raises ValueError: one of them is no check, as after a slip in the timetable.
    :raises SoftTimeLimitExceeded: the time of the task that this is made in is over; what was found is kept.
    :param repairs: mend what is safe to mend, as soon as it is found
    :param is_whole: compare all of Firestore, and not only those whose turn it is
    """
    in_order = sorted(set(names), key=list(ALL).index)
    scope = Scope(since=since, now=now, is_whole=is_whole)
    return [_run(ALL[name], scope, actor, repairs=repairs) for name in in_order]


def _run(check: Check, scope: Scope, actor: Actor, *, repairs: bool) -> CheckResult:
    """Make one check, and keep what came of it however it ends; the end of a task's time ends what follows, too."""
    now, tally, found = scope.now, Tally(), list[Found]()
    run = records.start_run(check_name=check.name, since=scope.since, repairs=repairs, actor=actor, now=now)
    time_is_over = None
    try:
        for difference in check.find(scope, tally):
            found.append(
                Found(replace(difference, mend=None), difference.mend is not None, is_repaired=False)
            )
            if repairs and difference.mend:
                found[-1] = replace(found[-1], is_repaired=_mend(difference, now))
    except Exception as error:  # noqa: BLE001 - what is wrong with one check keeps no other from being made
        time_is_over = end_of_time(error)
        tally.left_out = _why(check, time_is_over or error)
    _close(check, run, found, tally, actor, scope)
    if time_is_over:
        raise time_is_over
    tokens, cents = records.at_risk(found)
    return CheckResult(check.name, tally.looked_at, tuple(found), tally.left_out, tokens, cents)


def _close(
    check: Check, run: ReconciliationRun, found: list[Found], tally: Tally, actor: Actor, scope: Scope
) -> None:
    """Keep what came of a check, and tell it. What is on its way may differ still: it has not ended."""
    now = scope.now
    records.keep(run, found, actor=actor, now=now)
    if not tally.left_out:
        keys = {each.key for each in found} | scope.on_its_way
        records.end_gone(run, found=keys, among=tally.sample, actor=actor, now=now)
    records.finish_run(run, found, looked_at=tally.looked_at, left_out=tally.left_out, now=now)
    tell(check=check, now=now)
    counts = {
        "check": check.name,
        "looked_at": tally.looked_at,
        "discrepancies": len(found),
        "repaired": run.repaired,
        "error": tally.left_out,
    }
    logger.info("reconcile.finished", extra=counts)


def _why(check: Check, error: Exception) -> str:
    """Say why a check has ended early, and report what nobody foresaw."""
    if isinstance(error, Refusal):
        return error.detail
    connection.close()  # it may be what was lost, or wait for the answer of a statement that was interrupted
    if isinstance(error, SoftTimeLimitExceeded):
        return "The time that a task may take was over: the command has no such limit."
    name = type(error).__name__
    logger.error("reconcile.failed", exc_info=error, extra={"check": check.name, "error": name})
    return f"An error that nobody foresaw ended it: {name}. The log says where."


def _mend(difference: Difference, now: datetime) -> bool:
    """What cannot be mended stays found, and keeps no other from its turn."""
    assert difference.mend
    try:
        return difference.mend(now)
    except PaymentsUnavailable:
        raise
    except (Refusal, DatabaseError) as error:
        facts = {"kind": difference.kind, "subject": difference.subject, "error": type(error).__name__}
        logger.warning("discrepancy.not_repaired", extra=facts)
        return False
