"""What a check is, and what it finds."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from payments.services.reconciliation.scope import Scope
from security.kinds import AlertKind, Severity

# Mends one difference by the services that everybody uses; answers whether it is mended.
Mend = Callable[[datetime], bool]


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two sides differ.

    `kind` is a stable word, `subject` an id of ours or Stripe's: together they say whether two runs found the same.
    At risk are tokens, and money in whole cents of `currency`. Without `mend` a person has to judge.
    """

    kind: str
    subject: str
    words: str
    severity: Severity = Severity.HIGH
    tokens: int = 0
    cents: int = 0
    currency: str = ""
    purchase_id: uuid.UUID | None = None
    about_at: datetime | None = None
    mend: Mend | None = None


@dataclass(slots=True)
class Tally:
    """What a check notes of itself while it looks.

    `left_out` says in words what it could not look at; empty when it saw all that it should. Whoever looks only at a
    sample notes the subjects in it: of any other it says nothing.
    """

    looked_at: int = 0
    left_out: str = ""
    sample: set[str] | None = None


# Looks at everything, and tells each difference when it is found, so that none has to be kept.
Find = Callable[[Scope, Tally], Iterator[Difference]]
# Looks at one subject again: how it differs now, or None.
Look = Callable[[str, str, datetime], Difference | None]


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison of everything since a moment; and of one subject again, if anything it finds can be mended.

    Both may raise a refusal, which says that the comparison could not be made. One alert of this kind
    counts what it found and what is open.
    """

    name: str
    summary: str
    find: Find
    look: Look | None = None
    alert: AlertKind = AlertKind.DISCREPANCY
