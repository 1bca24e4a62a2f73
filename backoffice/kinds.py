"""The vocabularies of the back office."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import models


@dataclass(frozen=True, slots=True)
class Customer:
    """Whose page it is: the person, and their wallet's account, if one was opened."""

    user_id: uuid.UUID
    account_id: uuid.UUID | None


class Topic(models.TextChoices):
    """What a customer's timeline can be narrowed to."""

    PURCHASES = "purchases"
    MONEY_BACK = "money-back", "Money back"
    LEDGER = "ledger"
    SECURITY = "security"
    STAFF = "staff", "What staff did"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a timeline goes on: moments are ordered by time, their source's rank, number and row."""

    at: datetime
    rank: int
    nth: int
    key: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a customer. What `code`, `amount` and `extra` say depends on the source."""

    source: str
    place: Place
    code: str
    amount: int | None
    extra: str

    @property
    def at(self) -> datetime:
        """When."""
        return self.place.at


class ProposalKind(models.TextChoices):
    """What is proposed."""

    ADJUSTMENT = "adjustment", "Adjust a wallet"
    REVERSAL = "reversal", "Reverse an entry"
    REFUND = "refund", "Give a payment back"
    GRANTS = "grants", "Grant tokens to many"


class ProposalStatus(models.TextChoices):
    """How a proposal stands; from `proposed` it moves once, and stays."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order is about, as its proposal freezes it.

    `amount` is in whole tokens, or in the smallest unit of `currency` where there is one. `account_id` is the wallet
    whose state the decision hangs on; None where there are many.
    """

    subject_id: uuid.UUID
    account_id: uuid.UUID | None
    amount: int
    currency: str
    request: dict[str, object]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that an action will do: what, before, and after; `after` alone where there is nothing to compare."""

    what: str
    after: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One row of a file of grants as it was read. `number` is the row's in the file, the header being row 1."""

    number: int
    user: str
    tokens: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class GrantRow:
    """What one row of a file of grants will do: give `tokens` to the wallet, or, with a problem, nothing."""

    number: int
    user: str
    tokens: int
    account_id: uuid.UUID | None
    outcome: str
    is_good: bool
