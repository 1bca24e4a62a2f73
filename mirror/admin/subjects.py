"""What the pages about subjects share."""

from mirror.services.projections import kinds


def of_kinds() -> list[tuple[str, str]]:
    """Every kind of subject that there is, as a filter's choices."""
    return [(kind, kind.replace("_", " ").capitalize()) for kind in sorted(kinds())]
