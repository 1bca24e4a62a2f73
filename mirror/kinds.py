"""The mirror's vocabulary."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

DELIVER_TASK = "mirror.deliver"
SCAN_TASK = "mirror.scan"

# What two tellings of one document may differ in: words that can be erased, and our own stamp.
DESCRIPTION_FIELD = "description"
MIRRORED_AT_FIELD = "mirroredAt"
FIELDS_EQUALITY_IGNORES = frozenset({DESCRIPTION_FIELD, MIRRORED_AT_FIELD})


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is written once and never changes, such as a ledger entry's.

    The mirror adds `mirroredAt`, the time at which Firestore took it. Times in `fields` are aware.
    """

    path: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owned:
    """What finds all documents of a subject in Firestore: those of a collection with a value in a field."""

    collection: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is committed at once: a subject's next documents, and the subject as of the last of them.

    `fields` are absolute values, written beside the fields that others own in the same document; `version` is
    written with them under `version_field`. `more` says that another chunk follows this one. A subject at one
    version always has the same fields: a repair compares them. `owned` finds the subject's documents, those
    among them that nobody should have written.
    """

    subject_path: str
    version: int
    version_field: str
    fields: Mapping[str, Any]
    documents: Sequence[Document] = field(default=())
    more: bool = False
    owned: Owned | None = None


# (subject id, version already mirrored, documents at most) -> the next chunk; None: nothing to show.
Projection = Callable[[str, int, int], Chunk | None]

# (subject id -> version already mirrored, documents at most) -> each one's next chunk; without those with none
Projections = Callable[[Mapping[str, int], int], Mapping[str, Chunk]]

# (the last subject id seen, at most so many) -> the ids that follow it, in an order that never changes
Subjects = Callable[[str, int], Sequence[str]]

# paths of documents -> the subject that each of them is told by; without those that nothing tells
SubjectsOf = Callable[[Collection[str]], Mapping[str, str]]


# paths of documents -> those of them that a subject has or tells
Known = Callable[[Collection[str]], Collection[str]]


class Return(StrEnum):
    """Whether what a restored database lacks comes back."""

    NO = "no"
    FROM_STRIPE = "from Stripe"
    BY_ITSELF = "by itself"


@dataclass(frozen=True, slots=True)
class Loss:
    """What Firestore shows of something that a restored database lacks, or has otherwise.

    `amount` is by how much it moved what it belongs to, or how much more Firestore shows than there is.
    """

    what: str
    whose: str
    amount: int
    at: datetime | None
    words: str
    returns: Return = Return.NO


# documents by their paths, with their fields -> what of them the database lacks or has otherwise
Losses = Callable[[Mapping[str, Mapping[str, Any]]], Iterable[Loss]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection in which nothing may stand but what some subject has or tells.

    `shared_fields` are ours in documents that others own too; none: the documents are ours whole. `losses` tells by
    the fields `read_fields` what a restored database lacks.
    """

    collection: str
    known: Known
    shared_fields: Sequence[str] = ()
    losses: Losses | None = None
    read_fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """What an app says of a kind of subject: what tells its documents, and which subjects there are.

    `subjects_of` says whose document is whose; None where a subject has no documents beside its own. `projections`
    tells many subjects at the price of one; None where there are never many. `shelves` is where documents stand.
    """

    projection: Projection
    subjects: Subjects
    subjects_of: SubjectsOf | None = None
    projections: Projections | None = None
    shelves: Sequence[Shelf] = ()


Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased outbox row, as it was when it was claimed.

    `repairs` says that all is to be compared, and where an earlier delivery left off doing so.
    """

    row_id: int
    kind: str
    subject_id: str
    generation: int
    lease_token: uuid.UUID
    claimed_at: datetime
    repairs: bool = False
    repaired_to_version: int = 0
    repaired_to_path: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed subject, and the one chunk that brings it from the version that was noted to its newest."""

    claimed: Claim
    chunk: Chunk
    noted: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A claimed subject that Firestore was seen to show as its chunk tells it."""

    claimed: Claim
    chunk: Chunk
    at: datetime


@dataclass(frozen=True, slots=True)
class Only:
    """Subjects to which a run of deliveries keeps."""

    kind: str
    subject_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Findings:
    """In which ways Firestore differed from what it should show of a subject, in documents."""

    missing: int = 0
    differing: int = 0
    surplus: int = 0

    @property
    def total(self) -> int:
        """How many documents were not as they should be."""
        return self.missing + self.differing + self.surplus


class Outcome(StrEnum):
    """How a delivery ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"


class Ending(StrEnum):
    """Why a run of deliveries ended."""

    DRAINED = "drained"
    BUDGET_SPENT = "budget_spent"
    FIRESTORE_UNAVAILABLE = "firestore_unavailable"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of deliveries did."""

    delivered: int
    failed: int
    ending: Ending


class SubjectStatus(StrEnum):
    """Whether Firestore shows a subject as it is."""

    UNKNOWN = "unknown"
    CURRENT = "current"
    DUE = "due"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class SubjectState:
    """Where a subject's mirroring stands. `version` is the newest seen in Firestore; None: none yet."""

    kind: str
    subject_id: str
    status: SubjectStatus
    version: int | None = None
    delivered_at: datetime | None = None
    stale_since: datetime | None = None
    attempts: int = 0
    parked_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What repairing some subjects led to.

    `last` is the last of them, after which to go on; `drifted` those that Firestore showed wrongly; `left` those
    that are not done yet, with what is in their way.
    """

    kind: str
    last: str
    compared: int
    drifted: int
    left: Sequence[SubjectState]
    ending: Ending
