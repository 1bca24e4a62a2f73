"""The tables of payments."""

from payments.models.catalogue import PackagePublication
from payments.models.customer import StripeCustomer
from payments.models.inbox import InboxEvent
from payments.models.purchase import Purchase

__all__ = ["InboxEvent", "PackagePublication", "Purchase", "StripeCustomer"]
