"""Payments that a bank refused."""

from django.conf import settings
from django.db import models

from foundation.ids import new_id


class Decline(models.Model):
    """One declined payment of a purchase; `charge_id` is Stripe's for the attempt, and counts it once.

    The buyer and the address are the purchase's, kept here so that one index each answers how many there were.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purchase = models.ForeignKey("payments.Purchase", on_delete=models.CASCADE, related_name="declines")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    address = models.GenericIPAddressField(null=True, blank=True)
    charge_id = models.CharField(max_length=255, unique=True)
    code = models.CharField(max_length=64, help_text="Stripe's word for why.")
    declined_at = models.DateTimeField()

    class Meta:
        ordering = ["-declined_at"]
        indexes = [
            models.Index(fields=["buyer", "-declined_at"], name="decline_by_buyer"),
            models.Index(fields=["address", "-declined_at"], name="decline_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.charge_id}"
