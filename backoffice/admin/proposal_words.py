"""Proposals in words."""

from typing import Any

from django.utils import timezone
from django.utils.timesince import timesince

from backoffice.kinds import ProposalKind
from backoffice.limits import PROPOSAL_LIFETIME
from backoffice.models import Proposal
from foundation.money import in_words


def size_of(proposal: Proposal) -> str:
    """The amount in words."""
    return size_in_words(ProposalKind(proposal.kind), proposal.amount, proposal.currency)


def size_in_words(kind: ProposalKind, amount: int, currency: str) -> str:
    """So much money, in the smallest unit of a currency, or without one so many tokens."""
    if currency:
        return in_words(amount, currency)
    sign = "+" if kind in (ProposalKind.ADJUSTMENT, ProposalKind.REVERSAL) else ""
    return f"{amount:{sign},} tokens"


def lifetime_in_words() -> str:
    """How long a proposal waits for its decision."""
    now = timezone.now()
    return timesince(now, now + PROPOSAL_LIFETIME)


def details_of(proposal: Proposal) -> list[tuple[str, Any]]:
    """What a checker reads first."""
    return [
        ("What", proposal.get_kind_display()),
        ("Amount", size_of(proposal)),
        ("Proposed by", proposal.maker),
        ("Proposed at", f"{proposal.proposed_at:%Y-%m-%d %H:%M:%S}"),
        ("Why", proposal.reason),
    ]
