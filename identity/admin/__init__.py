"""Staff's view of people."""

from identity.admin.users import UserAdmin

__all__ = ["UserAdmin"]
