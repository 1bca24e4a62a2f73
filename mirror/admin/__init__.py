"""What staff see of the mirror."""

from mirror.admin.mirrored import MirroredDocumentAdmin, MirroredSubjectAdmin
from mirror.admin.outbox import OutboxRowAdmin

__all__ = ["MirroredDocumentAdmin", "MirroredSubjectAdmin", "OutboxRowAdmin"]
