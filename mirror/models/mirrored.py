"""What Firestore is known to hold: noted after each delivery, for reads; Firestore itself decides."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q


class MirroredSubject(models.Model):
    """The newest version of a subject that was seen in Firestore."""

    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=200)
    version = models.BigIntegerField()
    delivered_at = models.DateTimeField(help_text="When this version was seen in Firestore.")

    class Meta:
        verbose_name = "mirrored subject"
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="mirror_subject"),
            models.CheckConstraint(condition=Q(version__gte=0), name="mirror_subject_version"),
        ]
        indexes = [
            models.Index(
                fields=["subject_id"], opclasses=["varchar_pattern_ops"], name="mirror_subject_by_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} at {self.version}"


class MirroredDocument(models.Model):
    """A document that Firestore has, and when it was first seen there; kept for `DOCUMENT_RETENTION_DAYS`."""

    path = models.CharField(max_length=500)
    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=200)
    delivered_at = models.DateTimeField()

    class Meta:
        verbose_name = "mirrored document"
        constraints = [models.UniqueConstraint(fields=["path"], name="mirror_document_path")]
        indexes = [
            # Rows arrive in this order: a block range index of a few pages serves windows of time.
            BrinIndex(fields=["delivered_at"], autosummarize=True, name="mirror_document_delivered"),
        ]

    def __str__(self) -> str:
        return self.path
