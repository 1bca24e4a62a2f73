"""Firestore shows what the ledger says."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from mirror.kinds import Findings as Shown
from mirror.services.comparison import Compared, compare_all, compare_sample, compare_subjects
from mirror.services.scan import rebuild_subjects
from payments.limits import MIRROR_LOOKED_AT_AGAIN_MAX
from payments.queries.discrepancies import open_of
from payments.services.reconciliation.check import Check, Difference, Tally
from payments.services.reconciliation.scope import Scope

_NAME, _KIND = "mirror", "firestore_differs"


def _find(scope: Scope, tally: Tally) -> Iterator[Difference]:
    """All; or the next ones in turn, and then those of which it is known that they differed."""
    if scope.is_whole:
        yield from _differences(compare_all(), tally)
        return
    tally.sample = set()
    yield from _differences(compare_sample(), tally)
    yield from _differences(_known(besides=tally.sample), tally)


def _differences(batches: Iterable[Compared], tally: Tally) -> Iterator[Difference]:
    for compared in batches:
        for subject_id, shown in compared.differing.items():
            yield _difference(compared.kind, subject_id, shown)
        tally.looked_at += len(compared.looked_at)
        if tally.sample is not None:
            tally.sample |= {_subject(compared.kind, each) for each in compared.looked_at}


def _known(*, besides: set[str]) -> Iterator[Compared]:
    """Look again at what is open: the longest unseen first, so that all have their turn."""
    rows = open_of(_NAME).exclude(subject__in=besides).order_by("last_seen_at", "id")
    by_kind: dict[str, list[str]] = {}
    for subject in rows.values_list("subject", flat=True)[:MIRROR_LOOKED_AT_AGAIN_MAX]:
        kind, _, subject_id = subject.partition(":")
        by_kind.setdefault(kind, []).append(subject_id)
    for kind, subject_ids in by_kind.items():
        yield compare_subjects(kind=kind, subject_ids=subject_ids)


def _subject(kind: str, subject_id: str) -> str:
    return f"{kind}:{subject_id}"


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
    return Difference(_KIND, _subject(kind, subject_id), words, mend=mend)


def _look(_kind: str, subject: str, _now: datetime) -> Difference | None:
    kind, _, subject_id = subject.partition(":")
    shown = compare_subjects(kind=kind, subject_ids=[subject_id]).differing.get(subject_id)
    return _difference(kind, subject_id, shown) if shown else None


CHECK = Check(_NAME, "Firestore shows what the ledger says", _find, _look)
