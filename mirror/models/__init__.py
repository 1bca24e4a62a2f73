"""The mirror's tables."""

from mirror.models.drift import Drift, ScanProgress
from mirror.models.mirrored import MirroredDocument, MirroredSubject
from mirror.models.outbox import OutboxRow

__all__ = ["Drift", "MirroredDocument", "MirroredSubject", "OutboxRow", "ScanProgress"]
