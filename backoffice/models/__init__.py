"""Tables of the back office."""

from backoffice.models.rights import Rights

__all__ = ["Rights"]
