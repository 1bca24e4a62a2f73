"""Keeps what reconciliation has looked at and found, so that the next run recognises it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from identity.kinds import Actor
from payments.kinds import DiscrepancyStatus
from payments.limits import (
    DISCREPANCY_SUBJECT_LENGTH_MAX,
    DISCREPANCY_WORDS_LENGTH_MAX,
    RECONCILE_CHUNK,
)
from payments.models import Discrepancy, ReconciliationRun
from payments.queries.discrepancies import open_of
from payments.services.reconciliation.check import Difference

logger = logging.getLogger(__name__)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A difference that a run has found, and what it could do about it."""

    difference: Difference
    is_safe: bool
    is_repaired: bool

    @property
    def key(self) -> Key:
        """What the next run recognises it by."""
        return self.difference.kind, self.difference.subject[:DISCREPANCY_SUBJECT_LENGTH_MAX]


def start_run(
    *, check_name: str, since: datetime, repairs: bool, actor: Actor, now: datetime
) -> ReconciliationRun:
    """Note that a check begins: one that is killed leaves a run without an end."""
    return ReconciliationRun.objects.create(
        check_name=check_name, since=since, repairs=repairs, started_by=name_of(actor=actor), started_at=now
    )


def name_of(*, actor: Actor) -> str:
    """Who it was, as rows tell it: `staff:<id>`, or `system`."""
    return f"{actor.kind.value}:{actor.id}" if actor.id else actor.kind.value


def keep(run: ReconciliationRun, found: Sequence[Found], *, actor: Actor, now: datetime) -> None:
    """Keep what a run has found: what is open already is seen again, what is repaired ends."""
    with transaction.atomic():
        known = {
            (row.kind, row.subject): row
            for start in range(0, len(found), RECONCILE_CHUNK)
            for row in open_of(run.check_name).filter(
                subject__in=_subjects(found[start : start + RECONCILE_CHUNK])
            )
        }
        once = {each.key: each for each in found}
        fresh = [_new(run.check_name, each, now) for key, each in once.items() if key not in known]
        Discrepancy.objects.bulk_create(fresh, batch_size=RECONCILE_CHUNK, ignore_conflicts=True)
        for key, row in known.items():
            if key in once:
                _see_again(row, once[key], now)
        repaired = [each for each in once.values() if each.is_repaired]
        _end_repaired(run.check_name, repaired, actor, now)
    for row in fresh:
        logger.warning("discrepancy.found", extra=_facts(row.check_name, row.kind, row.subject))
    for each in repaired:
        log_repaired(check_name=run.check_name, kind=each.key[0], subject=each.key[1])


def log_repaired(*, check_name: str, kind: str, subject: str) -> None:
    """Tell whoever watches logs."""
    logger.info("discrepancy.repaired", extra=_facts(check_name, kind, subject))


def end_gone(
    run: ReconciliationRun,
    *,
    found: Collection[Key],
    among: Collection[str] | None,
    actor: Actor,
    now: datetime,
) -> int:
    """End what a complete run would have found and has not; answer how many. What is older was not looked at.

    :param among: the subjects that were looked at; None for all
    """
    is_young = Q(about_at=None) | Q(about_at__gte=run.since)
    rows = open_of(run.check_name).filter(is_young, first_seen_at__lt=now).only("id", "kind", "subject")
    looked_at = [row for row in rows if among is None or row.subject in among]
    gone = [row.id for row in looked_at if (row.kind, row.subject) not in found]
    return end(Discrepancy.objects.filter(id__in=gone), DiscrepancyStatus.GONE, actor=actor, now=now)


def end(rows: QuerySet[Discrepancy], status: DiscrepancyStatus, *, actor: Actor, now: datetime) -> int:
    """End discrepancies that are open; answer how many were."""
    return rows.filter(status=DiscrepancyStatus.OPEN).update(
        status=status, ended_at=now, ended_by=name_of(actor=actor)
    )


def finish_run(
    run: ReconciliationRun, found: Sequence[Found], *, looked_at: int, left_out: str, now: datetime
) -> None:
    """Note what came of a check, and what is at risk by it: the unrepaired."""
    tokens, cents = at_risk(found)
    run.finished_at, run.looked_at, run.left_out = now, looked_at, left_out
    run.found, run.repaired = len(found), sum(each.is_repaired for each in found)
    run.tokens_at_risk, run.cents_at_risk = tokens, dict(cents)
    run.save()


def at_risk(found: Sequence[Found]) -> tuple[int, Mapping[str, int]]:
    """How many tokens, and how much money by currency, what is not repaired is about."""
    unrepaired = [each.difference for each in found if not each.is_repaired]
    cents: dict[str, int] = {}
    for each in unrepaired:
        if each.currency:
            cents[each.currency] = cents.get(each.currency, 0) + each.cents
    return sum(each.tokens for each in unrepaired), cents


def _subjects(found: Sequence[Found]) -> list[str]:
    return [each.key[1] for each in found]


def _new(check_name: str, found: Found, now: datetime) -> Discrepancy:
    kind, subject = found.key
    return Discrepancy(
        check_name=check_name, kind=kind, subject=subject, first_seen_at=now, last_seen_at=now, **_told(found)
    )


def _told(found: Found) -> dict[str, Any]:
    difference = found.difference
    return {
        "words": difference.words[:DISCREPANCY_WORDS_LENGTH_MAX],
        "severity": difference.severity,
        "is_safe": found.is_safe,
        "purchase_id": difference.purchase_id,
        "tokens_at_risk": difference.tokens,
        "cents_at_risk": difference.cents,
        "currency": difference.currency,
        "about_at": difference.about_at,
    }


def _see_again(row: Discrepancy, found: Found, now: datetime) -> None:
    Discrepancy.objects.filter(id=row.id).update(
        last_seen_at=now, times_seen=F("times_seen") + 1, **_told(found)
    )


def _end_repaired(check_name: str, repaired: Sequence[Found], actor: Actor, now: datetime) -> None:
    for start in range(0, len(repaired), RECONCILE_CHUNK):
        keys = {each.key for each in repaired[start : start + RECONCILE_CHUNK]}
        rows = open_of(check_name).filter(subject__in=[subject for _, subject in keys])
        ids = [row.id for row in rows if (row.kind, row.subject) in keys]
        end(Discrepancy.objects.filter(id__in=ids), DiscrepancyStatus.REPAIRED, actor=actor, now=now)


def _facts(check_name: str, kind: str, subject: str) -> dict[str, str]:
    return {"check": check_name, "kind": kind, "subject": subject}
