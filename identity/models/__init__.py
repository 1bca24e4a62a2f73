"""Identity's tables."""

from identity.models.api_key import ApiKey
from identity.models.audit import AuditRecord
from identity.models.user import User

__all__ = ["ApiKey", "AuditRecord", "User"]
