"""What staff see of payments."""

from payments.admin.inbox import InboxEventAdmin
from payments.admin.money_back import DisputeAdmin, RefundAdmin
from payments.admin.packages import PackageAdmin
from payments.admin.purchases import PurchaseAdmin
from payments.admin.reconciliation import DiscrepancyAdmin, ReconciliationRunAdmin
from payments.admin.stripe_ids import PackagePublicationAdmin, StripeCustomerAdmin

__all__ = [
    "DiscrepancyAdmin",
    "DisputeAdmin",
    "InboxEventAdmin",
    "PackageAdmin",
    "PackagePublicationAdmin",
    "PurchaseAdmin",
    "ReconciliationRunAdmin",
    "RefundAdmin",
    "StripeCustomerAdmin",
]
