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
    """Who did something: the kind, the id within that kind, and the network address that they did it from.

    The address is told where a person asks through a page; it is empty for machines and commands.
    """

    kind: ActorKind
    id: str = ""
    address: str = ""


class Right(models.TextChoices):
    """What staff may be given the right to do, beside looking at tables. `sync_roles` gives them to the roles.

    Each is a permission of Django's, declared in `Meta.permissions` of the model that it is about.
    """

    REFUND_PURCHASE = "payments.refund_purchase", "Give a payment back"
    PROPOSE_REFUND = "payments.propose_refund", "Propose to give a payment back"
    SETTLE_QUARANTINED = "payments.settle_quarantined", "Settle a quarantined purchase, or refund it"
    ASK_STRIPE = "payments.ask_stripe", "Have Stripe asked how a purchase stands"
    HANDLE_DISCREPANCY = (
        "payments.handle_discrepancy",
        "Repair, assign and resolve what reconciliation has found",
    )
    RESEND_EVENT = "payments.resend_event", "Have an event of Stripe's processed again"
    PUBLISH_PACKAGE = "tokens.publish_package", "Publish and retire packages"
    PROPOSE_ADJUSTMENT = "tokens.propose_adjustment", "Propose to adjust a wallet, or to grant"
    ADJUST = "tokens.adjust", "Adjust a wallet"
    REVERSE_ENTRY = "tokens.reverse_entry", "Reverse an entry of the ledger"
    GRANT_MANY = "tokens.grant_many", "Grant tokens to many customers at once"
    FREEZE_WALLET = "tokens.freeze_wallet", "Freeze and unfreeze wallets"
    GRANT_OVERRIDE = "security.grant_override", "Grant and revoke overrides of limits"
    SET_LIMITS = "security.set_limits", "Set the limits that hold for everybody"
    HANDLE_ALERT = "security.handle_alert", "Acknowledge, assign and resolve alerts"
    LABEL_REFUSAL = "security.label_refusal", "Say whether a limit's refusal was a mistake"
    RETRY_MIRROR = "mirror.retry", "Have the mirror deliver again, or rebuild"
    MANAGE_API_KEYS = "identity.manage_api_keys", "Make and revoke services' keys"
    MANAGE_STAFF = "identity.manage_staff", "Make people staff, and give them roles"
    APPROVE_PROPOSAL = "backoffice.approve_proposal", "Approve or reject what somebody else proposed"
    EXPORT = "backoffice.export", "Export rows as files"

    @property
    def permission(self) -> tuple[str, str]:
        """As `Meta.permissions` has it: the codename, and what it allows in words."""
        return self.value.partition(".")[2], self.label


class Role(models.TextChoices):
    """What somebody's work in the back office is, and the name of their group; identity.rules.roles has its rights."""

    SUPPORT = "support"
    FINANCE = "finance"
    SECURITY = "security"
    CATALOGUE = "catalogue"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class ProbeToken:
    """A Firebase ID token that an installation is tested with; its text is empty where none can be had."""

    uid: str
    text: str


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


SET_CLAIMS_TASK = "identity.set_firebase_claims"
SYSTEM_ACTOR = Actor(ActorKind.SYSTEM)
STRIPE_ACTOR = Actor(ActorKind.STRIPE)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has an account, and what their documents in Firestore are called."""

    user_id: uuid.UUID
    document_id: str


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
