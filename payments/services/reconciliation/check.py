"""What a check is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One difference between us and Stripe. `kind` is a stable word; `subject` an id of ours or Stripe's."""

    kind: str
    subject: str
    words: str
    is_repaired: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check saw. `left_out` says in words what it could not look at; empty when it saw everything."""

    looked_at: int
    discrepancies: tuple[Discrepancy, ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison since a moment, given the time; it repairs by the same services as everybody else.

    `run` may raise a refusal, which says that the check could not be made.
    """

    name: str
    summary: str
    run: Callable[[datetime, datetime], Findings]
