"""What staff see of security."""

from security.admin.alerts import AlertAdmin

__all__ = ["AlertAdmin"]
