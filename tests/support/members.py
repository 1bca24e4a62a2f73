"""People who work here."""

import uuid
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from identity.kinds import Actor, ActorKind, Role
from identity.models import User
from identity.services.roles import sync_roles
from tests.support.shop import open_customer


def member(name: str, *rights: str, user_id: uuid.UUID | None = None, **fields: Any) -> Actor:
    """Somebody who works here, with these rights."""
    email = f"{name}@example.com"
    if user_id:
        User.objects.create(id=user_id, email=email)
    user = User.objects.filter(email=email).first() or open_customer(name)
    User.objects.filter(id=user.id).update(is_staff=True, **fields)
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return Actor(ActorKind.STAFF, str(user.id), "198.51.100.7")


def of_role(role: Role) -> Actor:
    """Somebody who works here in this role, with what `sync_roles` gives it and nothing else."""
    if not Group.objects.filter(name=role.value).exists():
        sync_roles(now=timezone.now())
    actor = member(f"{role.value}-person")
    User.objects.get(id=actor.id).groups.add(Group.objects.get(name=role.value))
    return actor
