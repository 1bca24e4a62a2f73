"""People who work here, for tests that are about something else than who may what: they may do everything."""

import uuid
from typing import Final

from identity.kinds import Actor, ActorKind
from identity.models import User

DAVE: Final = Actor(ActorKind.STAFF, str(uuid.UUID(int=0xDA7E)), "203.0.113.9")
ERIN: Final = Actor(ActorKind.STAFF, str(uuid.UUID(int=0xE214)), "203.0.113.10")


def hire(*actors: Actor) -> None:
    """Have them be in the database, which is where each service looks for their rights."""
    for actor in actors or (DAVE, ERIN):
        email = f"staff-{actor.id[-4:]}@example.com"
        User.objects.get_or_create(
            id=uuid.UUID(actor.id), defaults={"email": email, "is_staff": True, "is_superuser": True}
        )
