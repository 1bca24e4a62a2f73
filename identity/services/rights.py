"""Who may do what: asked in the service of each action, whichever way the caller came."""

from identity.errors import ActionNotAllowed
from identity.kinds import Actor, ActorKind, Right
from identity.queries.rights import has_right

# What the product does by itself, and what Stripe tells it, needs nobody's leave.
_FREE = frozenset({ActorKind.SYSTEM, ActorKind.STRIPE})


def require(right: Right, *, actor: Actor) -> None:
    """Go on only if the actor has the right now, by the database and not by what a session remembers.

    :raises ActionNotAllowed: `action_not_allowed`: a customer, a service, or staff without the right.
    """
    if actor.kind in _FREE:
        return
    if actor.kind is not ActorKind.STAFF or not has_right(actor.id, right):
        raise ActionNotAllowed(right=right.value)
