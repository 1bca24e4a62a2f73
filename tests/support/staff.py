"""People who work here: with the rights that a test is about, or, where it is about something else, with all."""

import uuid
from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from identity.kinds import Actor, ActorKind, Role
from identity.models import User
from identity.services.roles import sync_roles
from tests.support.shop import open_customer

DAVE: Final = Actor(ActorKind.STAFF, str(uuid.UUID(int=0xDA7E)), "203.0.113.9")
ERIN: Final = Actor(ActorKind.STAFF, str(uuid.UUID(int=0xE214)), "203.0.113.10")


def permit(user: User, *rights: str) -> None:
    """Give somebody rights, each by its app and name: `tokens.adjust`."""
    for right in rights:
        app_label, _, codename = right.partition(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )


def member(name: str, *rights: str, **fields: Any) -> Actor:
    """Somebody who works here, with these rights; the same person when asked again."""
    user = User.objects.filter(email=f"{name}@example.com").first() or open_customer(name)
    User.objects.filter(id=user.id).update(is_staff=True, **fields)
    permit(user, *rights)
    return Actor(ActorKind.STAFF, str(user.id), "198.51.100.7")


def of_role(role: Role) -> Actor:
    """Somebody who works here in this role, with what `sync_roles` gives it and nothing else."""
    if not Group.objects.filter(name=role.value).exists():
        sync_roles(now=timezone.now())
    actor = member(f"{role.value}-person")
    User.objects.get(id=actor.id).groups.add(Group.objects.get(name=role.value))
    return actor


def hire(*actors: Actor) -> None:
    """Have them be in the database, which is where each service looks for their rights: they may do everything."""
    for actor in actors or (DAVE, ERIN):
        email = f"staff-{actor.id[-4:]}@example.com"
        User.objects.get_or_create(
            id=uuid.UUID(actor.id), defaults={"email": email, "is_staff": True, "is_superuser": True}
        )
