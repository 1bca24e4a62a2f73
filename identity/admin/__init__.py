"""Staff's view of people, and of services' keys."""

from identity.admin.api_keys import ApiKeyAdmin
from identity.admin.audit import AuditRecordAdmin
from identity.admin.devices import devices_panel
from identity.admin.trail import AuditTrail
from identity.admin.users import UserAdmin

__all__ = ["ApiKeyAdmin", "AuditRecordAdmin", "AuditTrail", "UserAdmin", "devices_panel"]
