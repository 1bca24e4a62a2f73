"""Where a wallet's tokens came from, for reading: only the database functions in migrations/sql write these tables."""

from django.db import models
from django.db.models import F, Q

from tokens.kinds import LotKind
from tokens.models.ledger import Account, Entry


class Lot(models.Model):
    """The tokens that one credit brought. `remaining` of them are still there, `held` of those reserved by holds.

    Burn order: soonest expiry first, then given before bought, then oldest by the `seq` of the opening entry.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="lots", db_index=False, db_constraint=False
    )
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lots")
    kind = models.CharField(max_length=16, choices=LotKind)
    amount = models.BigIntegerField(help_text="Tokens that the lot opened with.")
    remaining = models.BigIntegerField()
    held = models.BigIntegerField(default=0)
    cost_cents = models.BigIntegerField(
        default=0, help_text="What was paid for it, in the purchase's currency; 0 for what was given."
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    seq = models.BigIntegerField(help_text="The wallet's seq of the entry that opened it.")
    last_seq = models.BigIntegerField(
        help_text="The wallet's seq of the last entry that changed `remaining`."
    )
    opened_at = models.DateTimeField()
    is_open = models.GeneratedField(
        expression=Q(remaining__gt=0),  # type: ignore[arg-type] # Django takes a Q, its stubs do not know
        output_field=models.BooleanField(),
        db_persist=True,
    )
    is_bought = models.GeneratedField(
        expression=Q(kind=LotKind.PURCHASED),  # type: ignore[arg-type] # likewise
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="lot_opens_with_something"),
            models.CheckConstraint(
                condition=Q(held__gte=0, held__lte=F("remaining"), remaining__lte=F("amount")),
                name="lot_held_within_remaining",
            ),
            models.CheckConstraint(condition=Q(cost_cents__gte=0), name="lot_cost_not_negative"),
            models.CheckConstraint(condition=Q(kind__in=LotKind.values), name="lot_kind_known"),
        ]
        indexes = [
            models.Index(
                fields=["account", "expires_at", "is_bought", "seq"],
                condition=Q(is_open=True),
                name="lot_burn_order",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(is_open=True, expires_at__isnull=False),
                name="lot_expiring",
            ),
            models.Index(fields=["kind", "-id"], name="lot_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} lot of {self.amount}"


class LotUse(models.Model):
    """What one entry took out of a lot (negative), or put back into it."""

    pk = models.CompositePrimaryKey("entry_id", "lot_id")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lot_uses", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="uses", db_index=False)
    amount = models.BigIntegerField()
    seq = models.BigIntegerField(help_text="The wallet's seq of the entry.")
    remaining_after = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "seq"], name="lot_used_once_per_entry"),
            models.CheckConstraint(condition=~Q(amount=0), name="lot_use_moves_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"
