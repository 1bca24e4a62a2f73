"""Does what approved proposals have left to do, after a crash too."""

import logging
from datetime import datetime

from backoffice.kinds import ProposalKind, ProposalStatus
from backoffice.limits import PROPOSALS_COMPLETED_MAX
from backoffice.models import Proposal
from backoffice.services.orders.grants import carry_out_batch
from backoffice.services.orders.kept import order_of
from backoffice.services.proposals import mark_done
from foundation.errors import Refusal

logger = logging.getLogger(__name__)


def complete_approved(*, now: datetime) -> int:
    """Carry on with each approved proposal that is not done; answer how many were looked at.

    Grants are given batch by batch. A refund's money is asked for; one that Stripe has refused is over as well. Each
    kind has its own turn, so that refunds which wait for Stripe keep no grants waiting.
    """
    waiting = Proposal.objects.filter(status=ProposalStatus.APPROVED, done_at=None).order_by("decided_at")
    proposals = [
        each for kind in ProposalKind for each in waiting.filter(kind=kind)[:PROPOSALS_COMPLETED_MAX]
    ]
    for proposal in proposals:
        try:
            _complete(proposal, now)
        except Refusal as error:  # one proposal's trouble keeps no other from its turn
            logger.warning("proposal.incomplete", extra={"proposal_id": str(proposal.id), "code": error.code})
    return len(proposals)


def _complete(proposal: Proposal, now: datetime) -> None:
    while carry_out_batch(proposal=proposal, now=now):
        pass
    if order_of(proposal).complete(key=proposal.id, now=now):
        mark_done(proposal=proposal, now=now)
