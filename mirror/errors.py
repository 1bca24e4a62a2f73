"""Every way in which the mirror cannot deliver."""

from typing import ClassVar

from foundation.errors import Refusal
from mirror import limits


class DeliveryFailure(Refusal):
    """A delivery that did not happen; it is repeated later, and parked after too many tries.

    `parks_after` so many tries in a row (None: never), `back_off_seconds_max` between two of them.
    """

    code: ClassVar[str] = "mirror_failed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The change could not be shown in Firestore."
    parks_after: ClassVar[int | None] = limits.ATTEMPTS_MAX
    back_off_seconds_max: ClassVar[float] = limits.BACK_OFF_SECONDS_MAX


class FirestoreUnavailable(DeliveryFailure):
    """Firestore does not answer, or answers nobody: every subject would fail alike.

    Such rows are never parked: an outage ends without us, and the lag tells of it meanwhile.
    """

    code = "firestore_unavailable"
    title = "Firestore does not answer."
    parks_after = None
    back_off_seconds_max = limits.OUTAGE_BACK_OFF_SECONDS_MAX


class FirestoreTimeout(FirestoreUnavailable):
    """Firestore did not answer in time; what was asked may have happened."""

    code = "firestore_timeout"


class FirestoreExhausted(FirestoreUnavailable):
    """A quota of Firestore is used up for now."""

    code = "firestore_exhausted"
    back_off_seconds_max = limits.QUOTA_BACK_OFF_SECONDS_MAX


class FirestoreDenied(FirestoreUnavailable):
    """Our credentials do not let us in."""

    code = "firestore_denied"


class FirestoreNotConfigured(FirestoreUnavailable):
    """No project is set."""

    code = "firestore_not_configured"
    title = "GOOGLE_CLOUD_PROJECT is not set."


class FirestoreRefused(DeliveryFailure):
    """Firestore, or its client, will never take what was to be written."""

    code = "firestore_refused"
    title = "Firestore refuses these values."
    parks_after = 1


class DocumentExists(DeliveryFailure):
    """A document that was to be created is there already."""

    code = "document_exists"


class WriteInterleaved(DeliveryFailure):
    """Somebody wrote the subject's document between our read and our commit."""

    code = "write_interleaved"


class SubjectContended(DeliveryFailure):
    """Others kept writing the subject's document between our reads and our commits."""

    code = "subject_contended"


class MirrorConflict(DeliveryFailure):
    """Firestore holds something else where our document belongs. Nothing is overwritten."""

    code = "mirror_conflict"
    status = 409
    title = "Firestore holds something else."
    parks_after = 1


class ProjectionMissing(DeliveryFailure):
    """No projection is registered for this kind of subject."""

    code = "projection_missing"
    title = "No projection is registered for this kind."
    parks_after = 1


class ProjectionFailed(DeliveryFailure):
    """The projection raised, or our own database did not answer."""

    code = "projection_failed"


class NotParked(Refusal):
    """Only a parked row can be tried again by a person; any other is tried again by itself."""

    code: ClassVar[str] = "not_parked"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This row is not parked."


class RulesUnknown(Refusal):
    """Firestore did not say whether its rules allow something: it is away, or it is a stand-in without rules."""

    code = "rules_unknown"
    status = 503
    title = "Firestore does not tell whether a client may do this."
