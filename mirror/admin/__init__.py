"""What staff see of the mirror."""

from mirror.admin.drift import DriftAdmin
from mirror.admin.mirrored import MirroredDocumentAdmin, MirroredSubjectAdmin
from mirror.admin.outbox import OutboxRowAdmin

__all__ = ["DriftAdmin", "MirroredDocumentAdmin", "MirroredSubjectAdmin", "OutboxRowAdmin"]
