"""The outbox: which subjects Firestore shows an old state of."""

from django.db import models
from django.db.models import Q

from identity.kinds import Right


class OutboxRow(models.Model):
    """One stale subject. Intents of one subject coalesce into its row; a delivered subject has no row.

    Rows are made and raised by the SQL function `mirror_mark_stale`, inside the transaction that changed the
    subject, and by `request_repair`. `generation` counts the intents since the row was made: a delivery deletes
    the row only if no intent came after its claim. With a `repair_generation` the delivery compares all that
    Firestore shows of the subject; a long comparison goes on where the delivery before left off.
    """

    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=200)
    generation = models.BigIntegerField(default=1, help_text="How many intents this row stands for.")
    stale_since = models.DateTimeField(help_text="When the oldest undelivered intent was written.")
    due_at = models.DateTimeField(help_text="No delivery is tried before this time.")
    leased_until = models.DateTimeField(null=True, help_text="A worker has it until then.")
    lease_token = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Failed deliveries since the last intent.")
    parked_at = models.DateTimeField(null=True, help_text="Given up; waits for a new intent or for staff.")
    last_error = models.CharField(max_length=100, default="", help_text="The code of the last failure.")

    repair_generation = models.BigIntegerField(
        null=True, help_text="The intent that asked for a comparison of everything."
    )
    repaired_to_version = models.BigIntegerField(db_default=0)
    repaired_to_path = models.CharField(max_length=500, db_default="")

    class Meta:
        verbose_name = "outbox row"
        permissions = [Right.RETRY_MIRROR.permission]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="mirror_outbox_subject"),
            models.CheckConstraint(condition=Q(generation__gte=1), name="mirror_outbox_generation"),
            models.CheckConstraint(
                condition=Q(leased_until__isnull=True, lease_token__isnull=True)
                | Q(leased_until__isnull=False, lease_token__isnull=False),
                name="mirror_outbox_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(parked_at__isnull=True), name="mirror_outbox_due"),
            models.Index(
                fields=["parked_at"], condition=Q(parked_at__isnull=False), name="mirror_outbox_parked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
