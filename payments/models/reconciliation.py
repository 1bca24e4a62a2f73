"""What reconciliation has looked at, and what it has found."""

from django.db import models
from django.db.models import Q

from foundation.ids import new_id
from identity.kinds import Right
from payments.kinds import DiscrepancyStatus
from payments.limits import (
    DISCREPANCY_KIND_LENGTH_MAX,
    DISCREPANCY_SUBJECT_LENGTH_MAX,
    DISCREPANCY_WORDS_LENGTH_MAX,
)
from security.kinds import Severity


class ReconciliationRun(models.Model):
    """One check, made once. One without an end was interrupted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    check_name = models.CharField("check", max_length=32)
    since = models.DateTimeField(help_text="What is older was not looked at.")
    repairs = models.BooleanField(help_text="Whether what is safe to mend was mended.")
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.PositiveIntegerField(default=0, help_text="How many objects were compared.")
    found = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    tokens_at_risk = models.BigIntegerField(default=0)
    cents_at_risk = models.JSONField(default=dict, help_text="By currency.")
    left_out = models.TextField(blank=True, help_text="What could not be looked at, and why.")

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["-started_at"], name="reconciliation_by_time")]

    def __str__(self) -> str:
        return f"{self.check_name} {self.started_at:%Y-%m-%d %H:%M}"


class Discrepancy(models.Model):
    """One difference between us and somebody else, however often it was seen until it ended.

    The same kind and subject found again by the same check is this row; after its end it is another one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    check_name = models.CharField("check", max_length=32)
    kind = models.CharField(max_length=DISCREPANCY_KIND_LENGTH_MAX)
    subject = models.CharField(
        max_length=DISCREPANCY_SUBJECT_LENGTH_MAX, help_text="An id of ours or of Stripe's."
    )
    words = models.CharField(max_length=DISCREPANCY_WORDS_LENGTH_MAX)
    severity = models.CharField(max_length=8, choices=Severity)
    is_safe = models.BooleanField(help_text="Whether it can be mended without a person's judgement.")
    purchase_id = models.UUIDField(null=True, blank=True, db_index=True)
    tokens_at_risk = models.BigIntegerField(default=0)
    cents_at_risk = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    about_at = models.DateTimeField(null=True, blank=True, help_text="When what it is about came to be.")

    status = models.CharField(max_length=8, choices=DiscrepancyStatus, default=DiscrepancyStatus.OPEN)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    times_seen = models.PositiveIntegerField(default=1)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    assignee = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-last_seen_at"]
        verbose_name_plural = "discrepancies"
        permissions = [Right.HANDLE_DISCREPANCY.permission]
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "kind", "subject"],
                condition=Q(status="open"),
                name="discrepancy_open_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=DiscrepancyStatus.values), name="discrepancy_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at__isnull=True)
                | (~Q(status="open") & Q(ended_at__isnull=False)),
                name="discrepancy_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-last_seen_at"], name="discrepancy_by_time"),
            models.Index(fields=["first_seen_at"], name="discrepancy_by_age", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.subject}"


class DiscrepancyNote(models.Model):
    """What somebody wrote or did about a discrepancy."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.CASCADE, related_name="notes")
    written_by = models.CharField(max_length=80)
    written_at = models.DateTimeField()
    words = models.TextField()

    class Meta:
        ordering = ["written_at", "id"]

    def __str__(self) -> str:
        return f"{self.written_at:%Y-%m-%d %H:%M} {self.written_by}"
