"""Makes the actor of what somebody asks for through a page."""

from django.http import HttpRequest

from foundation.client_address import client_address
from identity.kinds import Actor, ActorKind


def staff(request: HttpRequest) -> Actor:
    """The member of staff who is signed in, and where they ask from."""
    return Actor(ActorKind.STAFF, str(request.user.pk), client_address(request))
