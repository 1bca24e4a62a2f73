"""Why wallets are, or were, frozen. Only the database functions in migrations/sql write the freezes."""

from django.db import models
from django.db.models import Q

from identity.kinds import ActorKind
from tokens.kinds import FreezeCause, FreezeStep
from tokens.limits import FREEZE_REASON_LENGTH_MAX, REFERENCE_LENGTH_MAX
from tokens.models.ledger import Account


class Freeze(models.Model):
    """One cause for which a wallet is frozen, until it is lifted. The wallet is frozen while one is open.

    It carries codes and ids, never free text: the words are in `FreezeReason`, which can be erased.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="freezes", db_index=False)
    cause = models.CharField(max_length=8, choices=FreezeCause)
    reference = models.CharField(
        max_length=REFERENCE_LENGTH_MAX, help_text="What it hangs on: one freeze each, for ever."
    )
    frozen_at = models.DateTimeField()
    frozen_by_kind = models.CharField(max_length=8, choices=ActorKind)
    frozen_by = models.CharField(max_length=64, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by_kind = models.CharField(max_length=8, choices=ActorKind, blank=True)
    lifted_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "cause", "reference"], name="freeze_once_per_reference"
            ),
            models.CheckConstraint(condition=Q(cause__in=FreezeCause.values), name="freeze_cause_known"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by_kind="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_by_kind="")),
                name="freeze_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.reference}"


class FreezeReason(models.Model):
    """What was written on freezing or unfreezing a wallet. Free text, so it can be erased by itself.

    What staff wrote is in the audit trail too, which nobody erases: there it is to be without personal data.
    """

    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="reasons", db_index=False)
    step = models.CharField(max_length=8, choices=FreezeStep)
    reason = models.CharField(max_length=FREEZE_REASON_LENGTH_MAX)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["freeze", "step"], name="freeze_reason_once_per_step")]

    def __str__(self) -> str:
        return self.reason
