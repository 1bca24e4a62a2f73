"""The vocabulary of who acts."""

import uuid
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


class Scope(models.TextChoices):
    """What a service's key may do."""

    TOKENS_READ = "tokens:read", "Read wallets"
    TOKENS_SPEND = "tokens:spend", "Spend and hold tokens"
    TOKENS_GRANT = "tokens:grant", "Grant tokens"


@dataclass(frozen=True, slots=True)
class ServiceCaller:
    """A service that calls with a key. Its name owns what it does; keys come and go."""

    key_id: uuid.UUID
    name: str
    scopes: frozenset[str]
    is_authenticated: bool = True  # what DRF asks a caller for

    @property
    def pk(self) -> str:
        """What logs call it by."""
        return f"service:{self.name}"


SYSTEM_ACTOR = Actor(ActorKind.SYSTEM)
STRIPE_ACTOR = Actor(ActorKind.STRIPE)


@dataclass(frozen=True, slots=True)
class FirebaseClaims:
    """What a verified Firebase ID token says about its bearer.

    `email` is in lower case and well formed, or None. `wallet_id` is the custom claim that lets the bearer
    read a wallet's document that was opened before they joined Firebase; empty without one.
    """

    uid: str
    email: str | None = None
    email_verified: bool = False
    display_name: str = ""
    wallet_id: str = ""

    @property
    def verified_email(self) -> str | None:
        """The address, if Firebase has made sure that it is the bearer's."""
        return self.email if self.email_verified else None
