"""Customers at Stripe."""

from django.conf import settings
from django.db import models


class StripeCustomer(models.Model):
    """A user's customer object at Stripe, of which there is one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="stripe_customer"
    )
    stripe_customer_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.stripe_customer_id
