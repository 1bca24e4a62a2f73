"""People who work here."""

import uuid
from typing import Any

from django.contrib.auth.models import Permission

from identity.kinds import Actor, ActorKind
from identity.models import User
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
