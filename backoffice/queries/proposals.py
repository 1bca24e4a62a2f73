"""Reads proposals."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from backoffice.errors import ProposalNotFound
from backoffice.kinds import ProposalStatus
from backoffice.models import Proposal


def proposal_of(proposal_id: uuid.UUID) -> Proposal:
    """The proposal with the people of it.

    :raises ProposalNotFound: `proposal_not_found`.
    """
    found = Proposal.objects.select_related("maker", "checker").filter(id=proposal_id).first()
    if found is None:
        raise ProposalNotFound
    return found


def waiting(*, now: datetime) -> QuerySet[Proposal]:
    """The proposals that wait for somebody's decision, those that expire first before the others."""
    return Proposal.objects.filter(status=ProposalStatus.PROPOSED, expires_at__gt=now).order_by("expires_at")


def proposals_of(account_id: uuid.UUID) -> QuerySet[Proposal]:
    """What was proposed about this wallet, newest first."""
    return Proposal.objects.filter(account_id=account_id).select_related("maker").order_by("-proposed_at")
