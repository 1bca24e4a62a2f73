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
