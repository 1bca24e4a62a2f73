"""Tables of the back office."""

from backoffice.models.proposal import Proposal, ProposedGrant
from backoffice.models.rights import Rights

__all__ = ["Proposal", "ProposedGrant", "Rights"]
