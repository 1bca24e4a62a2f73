"""Tokens set aside for a service, for reading: only the database functions in migrations/sql write these tables."""

from django.db import models
from django.db.models import F, Q

from tokens.kinds import HoldStatus
from tokens.limits import REFERENCE_LENGTH_MAX, SERVICE_NAME_LENGTH_MAX
from tokens.models.ledger import Account, Entry
from tokens.models.lots import Lot


class Hold(models.Model):
    """Tokens that a service has set aside in a wallet, until it captures or releases them or they expire."""

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds", db_index=False)
    service = models.CharField(max_length=SERVICE_NAME_LENGTH_MAX, help_text="Whose hold it is.")
    reference = models.CharField(
        max_length=REFERENCE_LENGTH_MAX, unique=True, help_text="The business key: one hold each, for ever."
    )
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(null=True, blank=True, help_text="Tokens that were spent of it.")
    status = models.CharField(max_length=8, choices=HoldStatus, default=HoldStatus.PLACED)
    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, null=True, blank=True, help_text="The entry of its capture."
    )
    resolution_key = models.CharField(
        max_length=REFERENCE_LENGTH_MAX, blank=True, help_text="The key of the call that resolved it."
    )
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_of_something"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("placed_at")), name="hold_expires_later"),
            models.CheckConstraint(condition=Q(status__in=HoldStatus.values), name="hold_status_known"),
            models.CheckConstraint(
                condition=Q(status=HoldStatus.PLACED, resolved_at__isnull=True)
                | (~Q(status=HoldStatus.PLACED) & Q(resolved_at__isnull=False)),
                name="hold_resolved_at_with_status",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=HoldStatus.CAPTURED, entry__isnull=False, captured__gt=0, captured__lte=F("amount")
                )
                | (~Q(status=HoldStatus.CAPTURED) & Q(entry__isnull=True, captured__isnull=True)),
                name="hold_captured_with_entry",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "expires_at"], condition=Q(status=HoldStatus.PLACED), name="hold_placed"
            ),
            models.Index(fields=["expires_at"], condition=Q(status=HoldStatus.PLACED), name="hold_expiring"),
            models.Index(fields=["account", "-id"], name="hold_by_wallet"),
            models.Index(fields=["status", "-id"], name="hold_by_status"),
            models.Index(fields=["service", "-id"], name="hold_by_service"),
        ]

    def __str__(self) -> str:
        return f"hold of {self.amount}"


class HoldLot(models.Model):
    """What a hold has reserved of a lot. It stays as it was placed."""

    pk = models.CompositePrimaryKey("hold_id", "lot_id")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="lots", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="holds")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="hold_lot_of_something")]

    def __str__(self) -> str:
        return f"{self.amount}"
