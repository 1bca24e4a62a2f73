"""Commits one chunk: brings Firestore to its version, or says why it does not have to.

Firestore's own version of a subject decides what is to be done, never our note of it. Each commit holds only
if the subject's document is still the one that was read, and creates only what does not exist. So whatever
crashes, times out or runs twice, a chunk takes effect once and in order; nothing newer gives way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mirror import limits
from mirror.errors import DocumentExists, MirrorConflict, SubjectContended, WriteInterleaved
from mirror.gateways import firestore
from mirror.kinds import FIELDS_EQUALITY_IGNORES, Chunk, Document

NEVER = -1  # below every version: Firestore has none of this subject


def apply(chunk: Chunk, after: int) -> int:
    """Bring Firestore to the chunk's version; give the version that the next chunk must follow.

    That is the chunk's, or, where Firestore has lost what it was known to hold, the older one that it shows.

    :raises MirrorConflict: something else is where our documents belong.
    :raises SubjectContended: others kept writing the subject's document.
    """
    there: frozenset[str] = frozenset()
    for _ in range(limits.INTERLEAVED_TRIES_MAX):
        seen = firestore.read(chunk.subject_path, [chunk.version_field])
        shown = version_in(seen, chunk)
        if shown >= chunk.version:
            return chunk.version
        if max(shown, 0) < after:
            return max(shown, 0)
        missing = [document for document in chunk.documents if document.path not in there]
        try:
            firestore.commit(chunk.subject_path, told_of_subject(chunk), seen=seen, documents=missing)
        except DocumentExists:
            there = _check_existing(chunk.documents)
        except WriteInterleaved:
            continue
        else:
            return chunk.version
    raise SubjectContended(chunk.subject_path)


def version_in(seen: firestore.Seen, chunk: Chunk) -> int:
    """The version that Firestore shows; NEVER for none.

    :raises MirrorConflict: there is something else in the version's place.
    """
    version = seen.fields.get(chunk.version_field)
    if version is None:
        return NEVER
    if type(version) is not int:
        raise MirrorConflict(f"{chunk.version_field} in {chunk.subject_path} is no whole number")
    return version


def told_of_subject(chunk: Chunk) -> dict[str, Any]:
    """The subject's fields, its version among them."""
    return {**chunk.fields, chunk.version_field: chunk.version}


def is_told(document: Document, stored: firestore.Seen) -> bool:
    """Whether a stored document says what it should, but for what equality ignores."""
    return _told(stored.fields) == _told(document.fields)


def _check_existing(documents: Sequence[Document]) -> frozenset[str]:
    """Give the paths of those that Firestore has already; refuse if it has another document there."""
    if not documents:
        return frozenset()
    stored = firestore.read_documents(document.path for document in documents)
    for document in documents:
        if document.path in stored and not is_told(document, stored[document.path]):
            raise MirrorConflict(f"{document.path} differs")
    return frozenset(stored)


def _told(fields: Mapping[str, Any]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name not in FIELDS_EQUALITY_IGNORES}
