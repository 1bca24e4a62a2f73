"""Where Firestore was found not to show what it should, and how far a scan has come."""

from django.db import models
from django.db.models import Q


class Drift(models.Model):
    """A subject that Firestore showed wrongly although everything had been delivered, in numbers of documents."""

    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=200)
    missing = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    surplus = models.PositiveIntegerField(default=0)
    example_path = models.CharField(max_length=500, help_text="The first document that was found wrong.")
    found_at = models.DateTimeField()
    repaired_at = models.DateTimeField(null=True, help_text="When Firestore was seen as it should be.")

    class Meta:
        verbose_name = "drift"
        verbose_name_plural = "drift"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=Q(repaired_at__isnull=True),
                name="mirror_drift_open_once",
            ),
        ]
        indexes = [models.Index(fields=["found_at"], name="mirror_drift_found")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class ScanProgress(models.Model):
    """How far the scans of a kind have come; the next one goes on from there."""

    kind = models.CharField(max_length=40, unique=True)
    sampled_to = models.CharField(
        max_length=200, default="", help_text="The last subject of the last sample."
    )
    full_to = models.CharField(
        max_length=200, null=True, help_text="The last subject of a full scan that is not through."
    )
    compared_to = models.CharField(
        max_length=200, default="", help_text="The last subject that reconciliation has looked at."
    )

    class Meta:
        verbose_name = "scan progress"
        verbose_name_plural = "scan progress"

    def __str__(self) -> str:
        return self.kind
