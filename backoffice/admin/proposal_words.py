"""Proposals in words."""

from typing import Any

from backoffice.kinds import ProposalKind
from backoffice.models import Proposal
from foundation.money import in_words


def size_of(proposal: Proposal) -> str:
    """The amount in words."""
    if proposal.currency:
        return in_words(proposal.amount, proposal.currency)
    sign = "+" if proposal.kind in (ProposalKind.ADJUSTMENT, ProposalKind.REVERSAL) else ""
    return f"{proposal.amount:{sign},} tokens"


def details_of(proposal: Proposal) -> list[tuple[str, Any]]:
    """What a checker reads first."""
    return [
        ("What", proposal.get_kind_display()),
        ("Amount", size_of(proposal)),
        ("Proposed by", proposal.maker),
        ("Proposed at", f"{proposal.proposed_at:%Y-%m-%d %H:%M:%S}"),
        ("Why", proposal.reason),
    ]
