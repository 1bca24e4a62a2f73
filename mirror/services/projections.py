"""Which projection tells the documents of which kind of subject."""

from mirror.errors import ProjectionMissing
from mirror.kinds import Projection

_projections: dict[str, Projection] = {}


def register(kind: str, projection: Projection) -> None:
    """Say what tells the documents of `kind`; called from an app's `ready()`.

    :raises ValueError: another projection has the kind.
    """
    if _projections.setdefault(kind, projection) != projection:
        raise ValueError(f"The kind {kind!r} has a projection already.")


def projection_of(kind: str) -> Projection:
    """The projection of a kind.

    :raises ProjectionMissing: none is registered.
    """
    try:
        return _projections[kind]
    except KeyError:
        raise ProjectionMissing(kind) from None
