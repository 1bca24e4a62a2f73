"""Payments that a buyer's bank disputes."""

from django.db import models
from django.db.models import Q

from foundation.ids import new_id
from payments.kinds import DisputeStatus
from payments.models.purchase import Purchase


class Dispute(models.Model):
    """One dispute, or inquiry, about a purchase's payment. Its status and its money move by rank, not by arrival."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="disputes")
    stripe_dispute_id = models.CharField(max_length=255, unique=True)
    stripe_charge_id = models.CharField(max_length=255, blank=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=24, choices=DisputeStatus)
    reason = models.CharField(max_length=64, blank=True, help_text="The bank's, in Stripe's word.")
    movements = models.PositiveSmallIntegerField(
        default=0, help_text="How often its money was taken or given back."
    )
    is_withheld = models.BooleanField(default=False, help_text="Whether the bank has its money now.")

    opened_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DisputeStatus.values), name="dispute_status_known"),
        ]
        indexes = [
            models.Index(fields=["-opened_at"], name="dispute_by_time"),
            models.Index(
                fields=["stripe_charge_id"], opclasses=["varchar_pattern_ops"], name="dispute_by_charge"
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_dispute_id
