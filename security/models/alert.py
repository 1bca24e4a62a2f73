"""Something that a person should look at."""

from django.db import models
from django.db.models import F, Q

from foundation.ids import new_id
from identity.kinds import Right
from security import limits
from security.kinds import AlertStatus, Resolution, Severity, alert_kinds


class Alert(models.Model):
    """One cause for concern, however often it was seen until somebody resolved it.

    `evidence` holds codes and ids only. `user_id` is no foreign key: an alert about somebody unknown must not
    fail, and an alert outlives the account it tells of. `…_by` and `assignee` are ids of staff. `version` rises
    with every change, so that copies can be ordered. `mail_due_at` says that operators are to be written to.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40, choices=alert_kinds)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    status = models.CharField(max_length=12, choices=AlertStatus.choices, default=AlertStatus.OPEN)
    dedup_key = models.CharField(max_length=limits.DEDUP_KEY_LENGTH_MAX)
    summary = models.CharField(max_length=limits.SUMMARY_LENGTH_MAX)
    count = models.PositiveBigIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    evidence = models.JSONField(default=dict)
    user_id = models.UUIDField(null=True, blank=True, db_index=True)
    assignee = models.CharField(max_length=64, blank=True)
    freeze_id = models.UUIDField(null=True, blank=True, help_text="The freeze that followed from it.")
    override_id = models.UUIDField(null=True, blank=True, help_text="The override that followed from it.")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=64, blank=True)
    resolution = models.CharField(max_length=10, choices=Resolution.choices, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=64, blank=True)
    version = models.PositiveBigIntegerField(default=1)
    updated_at = models.DateTimeField()
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_error = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        permissions = [Right.HANDLE_ALERT.permission]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedup_key"],
                condition=~Q(status=AlertStatus.RESOLVED),
                name="alert_unresolved_once",
            ),
            models.CheckConstraint(condition=Q(status__in=AlertStatus.values), name="alert_status_known"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="alert_severity_known"),
            models.CheckConstraint(
                condition=Q(
                    status=AlertStatus.RESOLVED, resolved_at__isnull=False, resolution__in=Resolution.values
                )
                | (~Q(status=AlertStatus.RESOLVED) & Q(resolved_at__isnull=True, resolution="")),
                name="alert_resolution_when_resolved",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")), name="alert_seen_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["-last_seen_at", "-id"], name="alert_newest_first"),
            models.Index(fields=["status", "severity"], name="alert_by_status"),
            models.Index(fields=["severity", "-last_seen_at", "-id"], name="alert_by_severity"),
            models.Index(
                fields=["resolution", "-last_seen_at", "-id"],
                name="alert_by_resolution",
                condition=Q(resolution__gt=""),
            ),
            models.Index(fields=["dedup_key"], opclasses=["varchar_pattern_ops"], name="alert_by_key_prefix"),
            models.Index(fields=["kind", "first_seen_at"], name="alert_opened_by_kind"),
            models.Index(
                fields=["mail_due_at"], name="alert_mail_due", condition=Q(mail_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.summary
