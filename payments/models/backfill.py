"""How far the backfill of events has come."""

from django.db import models


class BackfillCursor(models.Model):
    """One row: until when every event that Stripe could not deliver has been fetched instead."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    seen_until = models.DateTimeField(
        null=True, blank=True, help_text="Events created before this were fetched if they were missing."
    )
    narrowed_to = models.DateTimeField(
        null=True,
        blank=True,
        help_text="More were missing than one run lists: the next looks at those until here only.",
    )
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Somebody is at it; their claim runs out by itself."
    )
    finished_at = models.DateTimeField(null=True, blank=True, help_text="When a run last ended well.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="backfill_cursor_is_one")]

    def __str__(self) -> str:
        return f"until {self.seen_until}"
