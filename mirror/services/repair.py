"""Compares all that Firestore shows of a subject with its projection, and mends what differs.

A repair walks the chunks from the first one. What Firestore has not been shown yet is delivered as ever: in
order, each balance with the documents that led to it. What it should show by now and does not is drift: it is
noted, then mended, each write guarded by what was read. Firestore is read before the projection wherever the
two are compared as they are now, so that what is written meanwhile only looks not yet delivered, never wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mirror import limits
from mirror.errors import DocumentExists, MirrorConflict, WriteInterleaved
from mirror.gateways import firestore
from mirror.kinds import Chunk, Claim, Clock, Document, Findings, Owned, Registration
from mirror.queries.documents import delivered_at
from mirror.services import chunks, drift, mirrored, outbox
from mirror.services.projections import registration_of


@dataclass(frozen=True, slots=True)
class _Compared:
    """A chunk's documents as Firestore has them."""

    missing: Sequence[Document]
    differing: Sequence[tuple[Document, firestore.Seen]]

    @property
    def findings(self) -> Findings:
        return Findings(missing=len(self.missing), differing=len(self.differing))

    @property
    def first_path(self) -> str:
        return [*self.missing, *(document for document, _ in self.differing)][0].path


def repair(claimed: Claim, clock: Clock) -> bool:
    """Compare and mend as much of a subject as fits one delivery; give whether nothing is left.

    :raises DeliveryFailure: Firestore does not answer, or does not take what is to be written.
    """
    work = _Repair(claimed, clock)
    return work.walk() and work.remove_surplus()


class _Repair:
    """One delivery's part of a repair, within its budget of chunks and pages."""

    def __init__(self, claimed: Claim, clock: Clock) -> None:
        self._claimed = claimed
        self._clock = clock
        self._registration: Registration = registration_of(claimed.kind)
        # Read before Firestore is: it shows this version or a newer one, or has lost it.
        self._noted = mirrored.version_of(kind=claimed.kind, subject_id=claimed.subject_id)
        self._steps_left = limits.CHUNKS_PER_DELIVERY_MAX
        self._reached = claimed.repaired_to_version
        self._owned: Owned | None = None

    def walk(self) -> bool:
        """Compare the chunks; give whether the last one was."""
        while self._steps_left:
            self._steps_left -= 1
            chunk = self._next_chunk()
            if chunk is None:
                return True
            self._owned = chunk.owned
            seen = firestore.read(chunk.subject_path, chunks.told_of_subject(chunk))
            if not chunk.more:
                chunk = self._next_chunk() or chunk  # the projection once more, now that Firestore was read
            try:
                reached = self._bring(chunk, seen)
            except (DocumentExists, WriteInterleaved):
                continue  # somebody wrote meanwhile: look again
            if reached >= chunk.version and not chunk.more:
                return True  # a later part of this repair begins with the last chunk again
            self._reached = reached
        outbox.note_repaired_to(self._claimed, version=self._reached)
        return False

    def remove_surplus(self) -> bool:
        """Delete the documents that nothing tells; give whether all were looked at."""
        subjects_of, path = self._registration.subjects_of, self._claimed.repaired_to_path
        while self._owned and subjects_of:
            if not self._steps_left:
                outbox.note_repaired_to(self._claimed, version=self._reached, path=path)
                return False
            self._steps_left -= 1
            page = firestore.list_documents(self._owned, after=path, limit=limits.SURPLUS_PAGE_DOCUMENTS)
            path = max(page, default="")
            owners = subjects_of(page.keys())
            self._mend_elsewhere({owner for owner in owners.values() if owner != self._claimed.subject_id})
            surplus = {each: seen for each, seen in page.items() if each not in owners}
            if surplus:
                self._note(Findings(surplus=len(surplus)), min(surplus))
                firestore.mend(missing=[], differing=[], surplus=surplus)
            if len(page) < limits.SURPLUS_PAGE_DOCUMENTS:
                break
        drift.note_repaired(self._claimed, now=self._clock())
        return True

    def _next_chunk(self) -> Chunk | None:
        return self._registration.projection(
            self._claimed.subject_id, self._reached, limits.CHUNK_DOCUMENTS_MAX
        )

    def _bring(self, chunk: Chunk, seen: firestore.Seen) -> int:
        """Have Firestore show a chunk; give the version that the next one must follow."""
        shown = _shown(chunk, seen)
        if shown is not None and shown < chunk.version:
            return self._deliver(chunk, shown)
        self._mend_documents(self._compare(chunk))
        if not chunk.more:
            self._mend_subject(chunk, seen)
        return chunk.version

    def _deliver(self, chunk: Chunk, shown: int) -> int:
        """Firestore does not show the chunk yet. What it lacks is drift only if it has shown it before."""
        known = delivered_at(document.path for document in chunk.documents)
        found = self._compare(chunk)
        lost = [each for each in found.missing if chunk.version <= self._noted or each.path in known]
        if lost:
            self._note(Findings(missing=len(lost)), lost[0].path)
        if max(shown, 0) < self._noted and not 0 < shown == self._reached:
            self._note(
                Findings(missing=int(shown == chunks.NEVER), differing=int(shown != chunks.NEVER)),
                chunk.subject_path,
            )
        self._mend_documents(_Compared(missing=[], differing=found.differing))
        reached = chunks.apply(chunk, self._reached)
        if reached >= chunk.version:
            mirrored.note_delivered(
                kind=self._claimed.kind, subject_id=self._claimed.subject_id, chunk=chunk, now=self._clock()
            )
            self._noted = max(self._noted, chunk.version)
        return reached

    def _compare(self, chunk: Chunk) -> _Compared:
        if not chunk.documents:
            return _Compared([], [])
        stored = firestore.read_documents(document.path for document in chunk.documents)
        return _Compared(
            missing=[each for each in chunk.documents if each.path not in stored],
            differing=[
                (each, stored[each.path])
                for each in chunk.documents
                if each.path in stored and not chunks.is_told(each, stored[each.path])
            ],
        )

    def _mend_documents(self, found: _Compared) -> None:
        if found.findings.total:
            self._note(found.findings, found.first_path)
            firestore.mend(missing=found.missing, differing=found.differing, surplus={})

    def _mend_subject(self, chunk: Chunk, seen: firestore.Seen) -> None:
        """Firestore claims this version, a later one or none of ours: each field must be the chunk's."""
        if dict(seen.fields) != chunks.told_of_subject(chunk):
            self._note(Findings(differing=1), chunk.subject_path)
            firestore.commit(chunk.subject_path, chunks.told_of_subject(chunk), seen=seen, documents=[])

    def _mend_elsewhere(self, subject_ids: set[str]) -> None:
        """Documents of other subjects that name this one: their own repair rewrites them."""
        for subject_id in sorted(subject_ids):
            outbox.request_repair(kind=self._claimed.kind, subject_id=subject_id, now=self._clock())

    def _note(self, findings: Findings, path: str) -> None:
        drift.note_found(self._claimed, findings=findings, path=path, now=self._clock())


def _shown(chunk: Chunk, seen: firestore.Seen) -> int | None:
    """The version that Firestore shows; None where somebody else's value is in its place."""
    try:
        return chunks.version_in(seen, chunk)
    except MirrorConflict:
        return None
