"""Makes orders again from the proposals that kept them."""

import uuid

from backoffice.kinds import ProposalKind
from backoffice.models import Proposal
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.orders.grants import kept_rows
from backoffice.services.orders.order import Order
from backoffice.services.orders.refund import RefundOrder
from backoffice.services.orders.reversal import ReversalOrder
from payments.kinds import RefundReason


def order_of(proposal: Proposal) -> Order:
    """What was proposed, as it was frozen."""
    kept = proposal.request
    match ProposalKind(proposal.kind):
        case ProposalKind.ADJUSTMENT:
            return AdjustmentOrder(uuid.UUID(kept["account_id"]), kept["tokens"])
        case ProposalKind.REVERSAL:
            return ReversalOrder(uuid.UUID(kept["entry_id"]))
        case ProposalKind.REFUND:
            return RefundOrder(
                uuid.UUID(kept["purchase_id"]), kept["amount_cents"], RefundReason(kept["why"])
            )
    return kept_rows(proposal)
