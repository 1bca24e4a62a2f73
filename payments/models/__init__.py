"""The tables of payments."""

from payments.models.backfill import BackfillCursor
from payments.models.card_use import CardUse
from payments.models.catalogue import PackagePublication
from payments.models.customer import StripeCustomer
from payments.models.decline import Decline
from payments.models.dispute import Dispute
from payments.models.inbox import InboxEvent
from payments.models.purchase import Purchase
from payments.models.reconciliation import Discrepancy, DiscrepancyNote, ReconciliationRun
from payments.models.refund import Refund

__all__ = [
    "BackfillCursor",
    "CardUse",
    "Decline",
    "Discrepancy",
    "DiscrepancyNote",
    "Dispute",
    "InboxEvent",
    "PackagePublication",
    "Purchase",
    "ReconciliationRun",
    "Refund",
    "StripeCustomer",
]
