"""What staff corrected in wallets, beside the entries that did so."""

from django.db import models
from django.db.models import F, Q

from foundation.limits import IDEMPOTENCY_KEY_LENGTH_MAX
from tokens.limits import ACTOR_ID_LENGTH_MAX
from tokens.models.ledger import Account, Entry


class Correction(models.Model):
    """One entry by which staff adjusted a wallet or reversed another entry: who made it, and who else agreed.

    Why is in the audit trail. `checked_by` is empty where one person was enough.
    """

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="correction")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    tokens = models.BigIntegerField(help_text="What was asked for; negative: taken.")
    reverses = models.OneToOneField(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    key = models.CharField(
        max_length=IDEMPOTENCY_KEY_LENGTH_MAX, unique=True, help_text="Made when it was asked for."
    )
    made_by = models.CharField(max_length=ACTOR_ID_LENGTH_MAX)
    checked_by = models.CharField(max_length=ACTOR_ID_LENGTH_MAX, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(made_by=F("checked_by")), name="correction_checked_by_another"
            ),
            models.CheckConstraint(condition=~Q(tokens=0), name="correction_moves_something"),
        ]
        indexes = [models.Index(fields=["account", "-made_at"], name="correction_of_wallet")]

    def __str__(self) -> str:
        return f"{self.tokens:+,}"
