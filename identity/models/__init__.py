"""The people who sign in."""

from identity.models.user import User

__all__ = ["User"]
