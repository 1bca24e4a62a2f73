"""The vocabularies of the bank."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Final

from django.db import models


class AccountKind(models.TextChoices):
    """What an account is for. A wallet has an owner; every other kind exists once, and belongs to the house."""

    WALLET = "wallet"
    ISSUANCE = "issuance"
    PROMOTIONS = "promotions"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    DEBT = "debt"
    FORGIVEN = "forgiven"


SYSTEM_ACCOUNT_IDS: Final[dict[AccountKind, uuid.UUID]] = {
    AccountKind.ISSUANCE: uuid.UUID("00000000-0000-8000-8000-000000000001"),
    AccountKind.PROMOTIONS: uuid.UUID("00000000-0000-8000-8000-000000000002"),
    AccountKind.REDEEMED: uuid.UUID("00000000-0000-8000-8000-000000000003"),
    AccountKind.EXPIRED: uuid.UUID("00000000-0000-8000-8000-000000000004"),
    AccountKind.REFUNDED: uuid.UUID("00000000-0000-8000-8000-000000000005"),
    AccountKind.DEBT: uuid.UUID("00000000-0000-8000-8000-000000000006"),
    AccountKind.FORGIVEN: uuid.UUID("00000000-0000-8000-8000-000000000007"),
}


class EntryType(models.TextChoices):
    """Why tokens moved; the transaction types of the API and of Firestore."""

    PURCHASE = "purchase"
    BONUS = "bonus"
    GRANT = "grant"
    PROMOTION = "promotion"
    SPEND = "spend"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    ADJUSTMENT = "adjustment"
    EXPIRY = "expiry"
    DEBT_REPAYMENT = "debt_repayment"
    REVERSAL = "reversal"


class LotKind(models.TextChoices):
    """How a wallet came by a lot. What was given is used before what was bought."""

    PURCHASED = "purchased"
    BONUS = "bonus"
    PROMOTIONAL = "promotional"
    ADJUSTMENT = "adjustment"


class HoldStatus(models.TextChoices):
    """How a hold stands; from `placed` it moves once, and stays."""

    PLACED = "placed"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class WalletStatus(models.TextChoices):
    """Whether a wallet may be used."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class FreezeCause(models.TextChoices):
    """Why a wallet is frozen."""

    STAFF = "staff"
    RULE = "rule"
    DISPUTE = "dispute"


class FreezeStep(models.TextChoices):
    """What a written reason is for."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """What posting led to: the entry, and its wallet right after it. `replayed` says that it had been posted before."""

    entry_id: uuid.UUID
    balance: int
    seq: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A call of a service: whose, and the key that makes a repetition of it one.

    `reason` is for people, `label` the caller's own reference; both may be erased, and no entry holds them.
    """

    service: str
    key: str
    reason: str
    label: str = ""

    def reference(self, verb: str) -> str:
        """The business key of what the call makes; keys of any length and of different services never meet."""
        return f"{verb}:{self.service}:{hashlib.sha256(self.key.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Reversal:
    """What moving a purchase to its target led to. `entry_id` is None where it was there already.

    `reversed_tokens` and `was_reversed` are the purchase's tokens that are back at the house, after and before.
    """

    entry_id: uuid.UUID | None
    reversed_tokens: int
    was_reversed: int


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One thing in the ledger that is not as it must be: which check found it, where, and what it saw.

    `tokens` is by how many it is wrong, where the check can say so.
    """

    check: str
    subject: str
    found: str
    tokens: int = 0

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: {self.found}"


@dataclass(frozen=True, slots=True)
class PackageTerms:
    """What a package is and costs. Tokens are whole tokens, the price is in whole cents of `currency`.

    Its tokens expire `tokens_expire_after_days` after they are credited, or never.
    """

    name: str
    description: str
    tokens: int
    bonus_tokens: int
    price_cents: int
    currency: str = "usd"
    featured: bool = False
    position: int = 0
    tokens_expire_after_days: int | None = None
