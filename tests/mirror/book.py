"""Subjects for the mirror's tests: what tokens are to the product, kept in memory."""

import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from identity.kinds import SYSTEM_ACTOR
from mirror.kinds import Chunk, Document, Owned
from mirror.services import outbox
from mirror.services.projections import register

STAFF = SYSTEM_ACTOR
CHANGES = 5  # of the subject that repairs are tried on


@dataclass(frozen=True)
class Change:
    """One change of a subject: it raises the version by one, and may have a document."""

    version: int
    amount: int
    entry_id: str | None
    subject_id: str


class Killed(BaseException):
    """The worker dies here."""


class Book:
    """Keeps subjects and projects them, in chunks of `chunk_documents` at most; `many` tells them together too."""

    def __init__(self, *, chunk_documents: int = 200, many: bool = False) -> None:
        self.kind = f"test-{uuid.uuid4().hex[:12]}"
        self.chunk_documents = chunk_documents
        self.changes: dict[str, list[Change]] = {}
        self.before_projection: Callable[[], object] = lambda: None
        self.asked: list[tuple[str, int, int]] = []
        self.asked_together: list[int] = []
        self._lock = threading.Lock()
        register(
            self.kind,
            self.project,
            subjects=self.subjects_after,
            subjects_of=self.subjects_of,
            projections=self.project_many if many else None,
        )

    def new_subject(self) -> str:
        """A subject that no other test knows."""
        subject_id = uuid.uuid4().hex
        self.changes[subject_id] = []
        return subject_id

    def change(self, subject_id: str, amount: int = 1, *, has_entry: bool = True, marks: bool = True) -> None:
        """Change a subject, and say that Firestore shows an old state of it."""
        with self._lock:
            changes = self.changes[subject_id]
            entry_id = uuid.uuid4().hex if has_entry else None
            changes.append(Change(len(changes) + 1, amount if has_entry else 0, entry_id, subject_id))
        if marks:
            outbox.mark_stale(kind=self.kind, subject_id=subject_id)

    def path(self, subject_id: str) -> str:
        """Where the subject's document is."""
        return f"{self.kind}-subjects/{subject_id}"

    def entry_path(self, entry_id: str) -> str:
        """Where an entry's document is."""
        return f"{self.kind}-entries/{entry_id}"

    def entry_paths(self, subject_id: str) -> list[str]:
        """Where the subject's documents are, in order."""
        return [self.entry_path(each.entry_id) for each in self.changes[subject_id] if each.entry_id]

    def fields(self, subject_id: str, version: int) -> dict[str, object]:
        """The subject's fields as they were at a version, the version's own left out."""
        past = self.changes[subject_id][:version]
        return {
            "total": sum(each.amount for each in past),
            "entries": sum(1 for each in past if each.entry_id),
        }

    def entry(self, change: Change) -> Document:
        """The document of a change."""
        assert change.entry_id
        at = datetime(2026, 1, 1, 0, 0, 0, change.version, tzinfo=UTC)
        fields = {
            "seq": change.version,
            "amount": change.amount,
            "at": at,
            "description": "words",
            "of": {"a": [1, None]},
            "subject": change.subject_id,
        }
        return Document(self.entry_path(change.entry_id), fields)

    def subjects_after(self, subject_id: str, limit: int) -> list[str]:
        """The subjects that follow one."""
        return [each for each in sorted(self.changes) if each > subject_id][:limit]

    def subjects_of(self, paths: Collection[str]) -> dict[str, str]:
        """Which subject tells which document."""
        owners = {path: subject_id for subject_id in self.changes for path in self.entry_paths(subject_id)}
        return {path: owners[path] for path in paths if path in owners}

    def project_many(self, after_versions: Mapping[str, int], limit: int) -> dict[str, Chunk]:
        """What many subjects tell; those that tell nothing left out."""
        self.asked_together.append(len(after_versions))
        told = {each: self.project(each, after, limit) for each, after in after_versions.items()}
        return {subject_id: chunk for subject_id, chunk in told.items() if chunk}

    def project(self, subject_id: str, after_version: int, limit: int) -> Chunk | None:
        """The projection that is registered for this book's kind."""
        self.before_projection()
        self.asked.append((subject_id, after_version, limit))
        with self._lock:
            later = [each for each in self.changes[subject_id] if each.version > after_version]
        if not later:
            return None
        size = min(limit, self.chunk_documents)
        included, entries = [], 0
        for each in later:
            entries += 1 if each.entry_id else 0
            if entries > size:
                break
            included.append(each)
        version = included[-1].version
        return Chunk(
            subject_path=self.path(subject_id),
            version=version,
            version_field="version",
            fields=self.fields(subject_id, version),
            documents=[self.entry(each) for each in included if each.entry_id],
            more=len(included) < len(later),
            owned=Owned(f"{self.kind}-entries", "subject", subject_id),
        )
