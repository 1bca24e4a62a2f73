"""Compares what Firestore shows with the ledger and changes nothing: for whoever wants to know, not to mend.

Firestore is read by a few threads, everything else by the caller's. Subjects of which an intent waits are left to
their delivery, and what changes while it is compared is left to the next look.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mirror import limits
from mirror.gateways import firestore
from mirror.gateways.patience import patient
from mirror.kinds import Chunk, Findings, Owned, Registration
from mirror.models import OutboxRow, ScanProgress
from mirror.services import chunks, projections


@dataclass(frozen=True, slots=True)
class Compared:
    """Which subjects of a kind were looked at, and what Firestore shows wrongly of them, by id.

    Those that could not be judged, since an intent waits of them, are among neither.
    """

    kind: str
    looked_at: frozenset[str]
    differing: Mapping[str, Findings]


def compare_sample(*, subjects_max: int = limits.COMPARE_SAMPLE_SUBJECTS_MAX) -> Iterator[Compared]:
    """Compare so many subjects of each kind, those after the last ones, so that everything has its turn.

    Each kind is answered when it is compared, and its next ones have their turn when that has been taken.

    :raises FirestoreUnavailable: `firestore_unavailable`.
    """
    for kind in projections.kinds():
        progress, _ = ScanProgress.objects.get_or_create(kind=kind)
        subject_ids = projections.registration_of(kind).subjects(progress.compared_to, subjects_max)
        yield _compared(kind, subject_ids)
        progress.compared_to = subject_ids[-1] if len(subject_ids) == subjects_max else ""
        progress.save(update_fields=["compared_to"])


def compare_all() -> Iterator[Compared]:
    """Compare every subject of each kind, batch by batch.

    It takes as long as it takes: a call that is not answered is made again.

    :raises FirestoreUnavailable: `firestore_unavailable`.
    """
    for kind in projections.kinds():
        for subject_ids in _batches(kind):
            yield _compared(kind, subject_ids, patiently=True)


def compare_subjects(*, kind: str, subject_ids: Sequence[str]) -> Compared:
    """Compare these subjects of a kind.

    :raises FirestoreUnavailable: `firestore_unavailable`.
    :raises ProjectionMissing: `projection_missing`: there is no such kind.
    """
    return _compared(kind, subject_ids)


def _batches(kind: str) -> Iterator[Sequence[str]]:
    after, subjects = "", projections.registration_of(kind).subjects
    while subject_ids := subjects(after, limits.REPAIR_BATCH_SUBJECTS_MAX):
        yield subject_ids
        after = subject_ids[-1]


def _compared(kind: str, subject_ids: Sequence[str], *, patiently: bool = False) -> Compared:
    """What differs twice in a row, with no intent waiting before or after: what was changing is not wrong."""
    looked_at, found = _look(kind, subject_ids, patiently=patiently)
    if found:
        again, differing = _look(kind, list(found), patiently=patiently)
        return Compared(kind, looked_at - (found.keys() - again), differing)
    return Compared(kind, looked_at, found)


def _look(
    kind: str, subject_ids: Sequence[str], *, patiently: bool
) -> tuple[frozenset[str], dict[str, Findings]]:
    """Which of them could be judged, and what is wrong with which."""
    compare, paths_of = (patient(_compare), patient(_paths)) if patiently else (_compare, _paths)
    registration = projections.registration_of(kind)
    waiting = _waiting(kind, subject_ids)
    quiet = [each for each in subject_ids if each not in waiting]
    found: dict[str, Findings] = {}
    with ThreadPoolExecutor(limits.DELIVERY_THREADS) as threads:
        after = dict.fromkeys(quiet, 0)
        owned: dict[str, Owned] = {}
        while after:
            told = _told(registration, after)
            for subject_id, findings in zip(told, threads.map(compare, told.values()), strict=True):
                found[subject_id] = _sum(found.get(subject_id, Findings()), findings)
            owned |= {each: chunk.owned for each, chunk in told.items() if chunk.owned}
            after = {each: chunk.version for each, chunk in told.items() if chunk.more}
        for subject_id, paths in zip(owned, threads.map(paths_of, owned.values()), strict=True):
            surplus = _surplus(registration, subject_id, paths)
            found[subject_id] = _sum(found[subject_id], Findings(surplus=surplus))
    wrong = {each: findings for each, findings in found.items() if findings.total}
    changed = _waiting(kind, wrong) if wrong else frozenset()
    looked_at = frozenset(quiet) - changed
    return looked_at, {each: findings for each, findings in wrong.items() if each not in changed}


def _waiting(kind: str, subject_ids: Collection[str]) -> frozenset[str]:
    rows = OutboxRow.objects.filter(kind=kind, subject_id__in=list(subject_ids))
    return frozenset(rows.values_list("subject_id", flat=True))


def _told(registration: Registration, after: Mapping[str, int]) -> Mapping[str, Chunk]:
    """Each subject's chunk after a version, told together where the kind can; without those with none."""
    if registration.projections:
        return registration.projections(after, limits.CHUNK_DOCUMENTS_MAX)
    told = {
        each: registration.projection(each, version, limits.CHUNK_DOCUMENTS_MAX)
        for each, version in after.items()
    }
    return {each: chunk for each, chunk in told.items() if chunk}


def _compare(chunk: Chunk) -> Findings:
    """The chunk's documents, and with the last ones the subject itself."""
    stored = firestore.read_documents(each.path for each in chunk.documents) if chunk.documents else {}
    missing = [each for each in chunk.documents if each.path not in stored]
    differing = [
        each
        for each in chunk.documents
        if each.path in stored and not chunks.is_told(each, stored[each.path])
    ]
    findings = Findings(missing=len(missing), differing=len(differing))
    if chunk.more:
        return findings
    told = chunks.told_of_subject(chunk)
    seen = firestore.read(chunk.subject_path, told)
    if not seen.exists:
        return _sum(findings, Findings(missing=1))
    return _sum(findings, Findings(differing=int(dict(seen.fields) != told)))


def _paths(owned: Owned) -> list[str]:
    """Every document in Firestore that says it is this subject's."""
    paths: list[str] = []
    while page := firestore.list_documents(
        owned, after=paths[-1] if paths else "", limit=limits.SURPLUS_PAGE_DOCUMENTS
    ):
        paths += sorted(page)
        if len(page) < limits.SURPLUS_PAGE_DOCUMENTS:
            break
    return paths


def _surplus(registration: Registration, subject_id: str, paths: Collection[str]) -> int:
    owners = registration.subjects_of(paths) if registration.subjects_of and paths else {}
    return sum(owners.get(path) != subject_id for path in paths)


def _sum(one: Findings, other: Findings) -> Findings:
    return Findings(one.missing + other.missing, one.differing + other.differing, one.surplus + other.surplus)
