"""Firestore shows what the ledger says."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from mirror.kinds import Findings as Shown
from mirror.services.comparison import compare_all, compare_sample, compare_subject
from mirror.services.scan import rebuild_subjects
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope

_KIND = "firestore_differs"


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """The next ones in turn, or all."""
    compared = compare_all() if scope.is_whole else compare_sample()
    tally.looked_at, tally.is_sample = compared.looked_at, not scope.is_whole
    for (kind, subject_id), shown in compared.differing.items():
        yield _difference(kind, subject_id, shown)


def _difference(kind: str, subject_id: str, shown: Shown) -> Difference:
    def mend(now: datetime) -> bool:
        began = time.monotonic()
        batch = rebuild_subjects(
            kind=kind,
            subject_ids=[subject_id],
            clock=lambda: now + timedelta(seconds=time.monotonic() - began),
        )
        return not batch.left

    words = f"{shown.missing} documents are missing, {shown.differing} differ, {shown.surplus} should not be there"
    return Difference(_KIND, f"{kind}:{subject_id}", words, mend=mend)


def _look(_kind: str, subject: str, _now: datetime) -> Difference | None:
    kind, _, subject_id = subject.partition(":")
    shown = compare_subject(kind=kind, subject_id=subject_id)
    return _difference(kind, subject_id, shown) if shown.total else None


CHECK = Check("mirror", "Firestore shows what the ledger says", _find, _look)
