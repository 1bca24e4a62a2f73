"""The mirror's vocabulary."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

DELIVER_TASK = "mirror.deliver"

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
class Chunk:
    """What is committed at once: a subject's next documents, and the subject as of the last of them.

    `fields` are absolute values, written beside the fields that others own in the same document; `version` is
    written with them under `version_field`. `more` says that another chunk follows this one.
    """

    subject_path: str
    version: int
    version_field: str
    fields: Mapping[str, Any]
    documents: Sequence[Document] = field(default=())
    more: bool = False


# (subject id, version already mirrored, documents at most) -> the next chunk; None: nothing to show.
Projection = Callable[[str, int, int], Chunk | None]

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased outbox row, as it was when it was claimed."""

    row_id: int
    kind: str
    subject_id: str
    generation: int
    lease_token: uuid.UUID
    claimed_at: datetime


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
