"""What the judge is given: Stripe's word on payments, PostgreSQL's rows, Firestore's documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Payment:
    """A purchase that Stripe took money for, and what of it has gone back."""

    purchase_id: str
    user: str
    tokens: int
    paid_cents: int
    back_cents: int = 0


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger, as the wallet's line tells it. `label` is the caller's own reference."""

    id: str
    type: str
    user: str
    amount: int
    balance_after: int
    seq: int
    label: str = ""
    purchase_id: str = ""


@dataclass(frozen=True)
class Hold:
    """A hold."""

    id: str
    user: str
    amount: int
    status: str
    captured: int
    label: str


@dataclass(frozen=True)
class Wallet:
    """A wallet as it is stored."""

    user: str
    balance: int
    held: int
    debt: int
    seq: int
    version: int


@dataclass(frozen=True)
class Books:
    """PostgreSQL. `reversed_tokens` counts what of a purchase is back at the house."""

    entries: Sequence[Entry] = ()
    holds: Sequence[Hold] = ()
    wallets: Mapping[str, Wallet] = field(default_factory=dict)
    purchases: Mapping[str, str] = field(default_factory=dict)  # the row's id → its caller's key
    reversed_tokens: Mapping[str, int] = field(default_factory=dict)
    imbalances: Sequence[str] = ()  # what `verify_ledger` found
    told_by_stripe: int = 0  # events that are handled


@dataclass(frozen=True)
class Document:
    """A transaction's document."""

    user: str
    type: str
    amount: int
    balance_after: int
    seq: int


@dataclass(frozen=True)
class Sight:
    """A state of a wallet's document that Firestore has committed, in order. `era` is raised when all was wiped."""

    era: int
    balance: int
    seq: int
    version: int


@dataclass(frozen=True)
class Shown:
    """Firestore: wallets by the names of Firestore's fields, entries by id, and all states that there were."""

    wallets: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    entries: Mapping[str, Document] = field(default_factory=dict)
    sights: Mapping[str, Sequence[Sight]] = field(default_factory=dict)
