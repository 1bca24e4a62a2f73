"""The webhook's inbox."""

from django.db import models
from django.db.models import Q

from foundation.ids import new_id
from identity.kinds import Right
from payments.kinds import InboxStatus, Outcome
from payments.limits import EVENT_ID_LENGTH_MAX, EVENT_TYPE_LENGTH_MAX


class InboxEvent(models.Model):
    """A verified event of Stripe's, stored before anything is done about it, once per event id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stripe_event_id = models.CharField(max_length=EVENT_ID_LENGTH_MAX, unique=True)
    type = models.CharField(max_length=EVENT_TYPE_LENGTH_MAX)
    payload = models.JSONField()
    object_id = models.CharField(max_length=255, blank=True, db_index=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    purchase_id = models.UUIDField(null=True, blank=True, db_index=True)

    status = models.CharField(max_length=10, choices=InboxStatus, default=InboxStatus.RECEIVED)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    deliveries = models.PositiveIntegerField(default=1, help_text="How often Stripe has told it.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When a failed event is tried again.")

    stripe_created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    redacted_at = models.DateTimeField(
        null=True, blank=True, help_text="When what it said was taken out of it."
    )
    synced_at = models.DateTimeField(null=True, blank=True, help_text="When dj-stripe had its objects.")
    sync_due_at = models.DateTimeField(null=True, blank=True)
    sync_attempts = models.PositiveSmallIntegerField(default=0)
    sync_error = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-received_at"]
        permissions = [Right.RESEND_EVENT.permission]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=InboxStatus.values), name="inbox_status_known"),
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="inbox_newest_first"),
            models.Index(fields=["outcome", "-received_at", "-id"], name="inbox_by_outcome"),
            models.Index(fields=["-received_at", "-id"], name="inbox_ignored", condition=Q(status="ignored")),
            models.Index(fields=["due_at"], name="inbox_due", condition=Q(status__in=["received", "failed"])),
            models.Index(fields=["received_at"], name="inbox_parked", condition=Q(status="parked")),
            models.Index(
                fields=["received_at"], name="inbox_unredacted", condition=Q(redacted_at__isnull=True)
            ),
            models.Index(
                fields=["sync_due_at"], name="inbox_sync_due", condition=Q(sync_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_event_id}"
