"""The catalogue as Stripe knows it."""

from django.db import models
from django.db.models import Q


class PackagePublication(models.Model):
    """A package's product and price at Stripe. A price there never changes, so each new one is a row of its own."""

    package = models.ForeignKey("tokens.Package", on_delete=models.PROTECT, related_name="+")
    stripe_product_id = models.CharField(max_length=255)
    stripe_price_id = models.CharField(max_length=255, unique=True)
    price_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-published_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["package"], condition=Q(withdrawn_at__isnull=True), name="publication_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} {self.stripe_price_id}"
