"""The vocabulary of who acts."""

from dataclasses import dataclass

from django.db import models


class ActorKind(models.TextChoices):
    """What kind of person or machine did something."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SERVICE = "service"
    STRIPE = "stripe"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: the kind, and the id within that kind."""

    kind: ActorKind
    id: str = ""


SYSTEM_ACTOR = Actor(ActorKind.SYSTEM)
STRIPE_ACTOR = Actor(ActorKind.STRIPE)
