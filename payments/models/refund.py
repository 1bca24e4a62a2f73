"""Payments that were given back, whole or in part."""

from django.db import models
from django.db.models import F, Q

from foundation.ids import new_id
from foundation.limits import IDEMPOTENCY_KEY_LENGTH_MAX
from payments.kinds import RefundReason, RefundStatus
from payments.limits import REFUND_NOTE_LENGTH_MAX
from payments.models.purchase import Purchase


class Refund(models.Model):
    """One refund of a purchase's payment: asked for here, and then it has a key, or in Stripe's own dashboard."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="refunds")
    stripe_refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=RefundStatus)
    reason = models.CharField(max_length=64, choices=RefundReason, blank=True)
    failure_reason = models.CharField(max_length=64, blank=True, help_text="Why it failed, in Stripe's word.")

    idempotency_key = models.CharField(
        max_length=IDEMPOTENCY_KEY_LENGTH_MAX, unique=True, null=True, blank=True
    )
    requested_by = models.CharField(max_length=64, blank=True, help_text="Who asked for it here.")
    checked_by = models.CharField(max_length=64, blank=True, help_text="Who else agreed, where two had to.")
    note = models.CharField(max_length=REFUND_NOTE_LENGTH_MAX, blank=True, help_text="Why, in their words.")

    created_at = models.DateTimeField()
    asked_stripe_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it failed or was canceled.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_known"),
            models.CheckConstraint(
                condition=Q(stripe_refund_id__isnull=False) | Q(idempotency_key__isnull=False),
                name="refund_comes_from_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(checked_by="") | ~Q(checked_by=F("requested_by")),
                name="refund_checked_by_another",
            ),
            models.CheckConstraint(
                condition=Q(stripe_refund_id__isnull=False) | Q(status__in=["requested", "failed"]),
                name="refund_moves_by_stripe",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="refund_requested", condition=Q(status="requested")),
            models.Index(fields=["-created_at", "-id"], name="refund_newest_first"),
            models.Index(fields=["status", "-created_at", "-id"], name="refund_by_status"),
            models.Index(
                fields=["reason", "-created_at", "-id"], name="refund_by_reason", condition=Q(reason__gt="")
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_refund_id or str(self.id)
