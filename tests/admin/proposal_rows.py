"""Proposals that wait for a second person."""

from django.utils import timezone

from backoffice.models import Proposal
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.proposals import propose
from foundation.ids import new_id
from identity.kinds import Actor, ActorKind
from identity.models import User
from tokens.queries.wallets import wallet_of


def proposal_of(customer: User, maker: User) -> Proposal:
    """Somebody who works here wants a customer to have many tokens."""
    return propose(
        order=AdjustmentOrder(wallet_of(customer.id).account_id, 5_000),
        key=new_id(),
        reason="They were promised more.",
        maker=Actor(ActorKind.STAFF, str(maker.id)),
        now=timezone.now(),
    )
