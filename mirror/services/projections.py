"""Which projection tells the documents of which kind of subject."""

from collections.abc import Sequence

from mirror.errors import ProjectionMissing
from mirror.kinds import Projection, Projections, Registration, Shelf, Subjects, SubjectsOf

_registrations: dict[str, Registration] = {}


def register(
    kind: str,
    projection: Projection,
    *,
    subjects: Subjects,
    subjects_of: SubjectsOf | None = None,
    projections: Projections | None = None,
    shelves: Sequence[Shelf] = (),
) -> None:
    """Say what tells the documents of `kind` and which subjects there are; called from an app's `ready()`.

    Subjects that have documents beside their own need `subjects_of`, which says whose a document is: a repair
    deletes what is nobody's. Kinds of which thousands change at once give `projections` too, and `shelves` say
    where their documents stand, alone.

    :raises ValueError: the kind is registered otherwise.
    """
    registration = Registration(projection, subjects, subjects_of, projections, shelves)
    if _registrations.setdefault(kind, registration) != registration:
        raise ValueError(f"The kind {kind!r} has a projection already.")


def kinds() -> Sequence[str]:
    """Every kind that has a projection."""
    return tuple(_registrations)


def registration_of(kind: str) -> Registration:
    """What was said of a kind.

    :raises ProjectionMissing: nothing was.
    """
    try:
        return _registrations[kind]
    except KeyError:
        raise ProjectionMissing(kind) from None


def projection_of(kind: str) -> Projection:
    """The projection of a kind.

    :raises ProjectionMissing: none is registered.
    """
    return registration_of(kind).projection
