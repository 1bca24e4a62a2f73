"""What people wrote about movements of tokens. The ledger holds no free text, so that this can be erased."""

from django.db import models
from django.db.models import Q

from tokens.limits import LABEL_LENGTH_MAX, REASON_LENGTH_MAX
from tokens.models.holds import Hold
from tokens.models.ledger import Entry


class Note(models.Model):
    """The reason that a service or a person gave for an entry, a hold, or a hold and the entry of its capture."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="note")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="note")
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    label = models.CharField(max_length=LABEL_LENGTH_MAX, blank=True, help_text="The caller's own reference.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(entry__isnull=False) | Q(hold__isnull=False), name="note_is_about_something"
            )
        ]

    def __str__(self) -> str:
        return self.reason
