"""The mirror's tables."""

from mirror.models.mirrored import MirroredDocument, MirroredSubject
from mirror.models.outbox import OutboxRow

__all__ = ["MirroredDocument", "MirroredSubject", "OutboxRow"]
