"""Which cards buyers have used, by Stripe's fingerprint: never a number."""

from django.conf import settings
from django.db import models

from foundation.ids import new_id


class CardUse(models.Model):
    """One charge of a card, paid or declined. Stripe gives the same card the same fingerprint, whoever uses it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fingerprint = models.CharField(max_length=64)
    purchase = models.ForeignKey("payments.Purchase", on_delete=models.CASCADE, related_name="card_uses")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    charge_id = models.CharField(max_length=255, unique=True)
    used_at = models.DateTimeField()

    class Meta:
        ordering = ["-used_at"]
        indexes = [
            models.Index(fields=["fingerprint", "-used_at"], name="card_use_by_card"),
            models.Index(fields=["-used_at"], name="card_use_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.charge_id}"
