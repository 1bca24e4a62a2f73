"""The tables of payments."""

from payments.models.backfill import BackfillCursor
from payments.models.catalogue import PackagePublication
from payments.models.customer import StripeCustomer
from payments.models.decline import Decline
from payments.models.inbox import InboxEvent
from payments.models.purchase import Purchase

__all__ = ["BackfillCursor", "Decline", "InboxEvent", "PackagePublication", "Purchase", "StripeCustomer"]
