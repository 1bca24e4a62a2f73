"""A customer's timeline in words, and where each page of it goes on."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core import signing
from django.http import HttpRequest

from backoffice.admin.proposal_words import size_in_words
from backoffice.kinds import Customer, Moment, Place, ProposalKind, Topic
from backoffice.queries.timeline import SOURCES, timeline_of
from foundation.admin import change_url, sees
from foundation.money import in_words


@dataclass(frozen=True, slots=True)
class Line:
    """One moment as it is shown: when, an icon, what happened, more of it, and the page behind it."""

    at: datetime
    icon: str
    words: str
    details: str
    url: str


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some lines, and the cursor of those before them; empty where there are none."""

    lines: list[Line]
    older: str


def _words(code: str) -> str:
    return code.replace("_", " ").replace(".", ": ").strip().capitalize()


def _money(moment: Moment) -> str:
    return in_words(moment.amount or 0, moment.extra)


def _proposed(kind: str) -> str:
    return ProposalKind(kind).label.lower()


# By source: an icon, the table whose page is behind it, what happened, and more of it.
Tell = Callable[[Moment], str]
TOLD: Final[dict[str, tuple[str, str, Tell, Tell]]] = {
    "account": ("person_add", "identity.User", lambda _: "Account opened", lambda _: ""),
    "purchase": (
        "shopping_cart",
        "payments.Purchase",
        lambda m: f"Started to buy {m.code}",
        _money,
    ),
    "purchase ended": (
        "remove_shopping_cart",
        "payments.Purchase",
        lambda m: f"Purchase {m.code}",
        lambda m: _words(m.extra),
    ),
    "decline": (
        "credit_card_off",
        "payments.Purchase",
        lambda _: "Payment declined",
        lambda m: _words(m.code),
    ),
    "refund": ("undo", "payments.Refund", lambda m: f"Refund {m.code}", _money),
    "dispute": ("gavel", "payments.Dispute", lambda m: f"Payment disputed: {_words(m.code).lower()}", _money),
    "dispute ended": ("gavel", "payments.Dispute", lambda m: f"Dispute {m.code}", _money),
    "entry": (
        "receipt_long",
        "tokens.Entry",
        lambda m: f"{_words(m.code)}: {m.amount or 0:+,} tokens",
        lambda m: f"Balance {int(m.extra):,}",
    ),
    "freeze": (
        "ac_unit",
        "tokens.Freeze",
        lambda m: f"Frozen by {_words(m.code).lower()}",
        lambda m: m.extra,
    ),
    "freeze lifted": (
        "mode_heat",
        "tokens.Freeze",
        lambda m: f"Freeze by {_words(m.code).lower()} lifted",
        lambda m: m.extra,
    ),
    "alert": ("notifications", "security.Alert", lambda m: f"Alert, {m.code}", lambda m: m.extra),
    "alert resolved": (
        "notifications_off",
        "security.Alert",
        lambda m: f"Alert resolved: {_words(m.code).lower()}",
        lambda m: m.extra,
    ),
    "override": (
        "tune",
        "security.Override",
        lambda m: f"Override granted: {_words(m.code).lower()}",
        lambda m: m.extra,
    ),
    "override ended": ("tune", "security.Override", lambda m: f"Override {m.code}", lambda m: m.extra),
    "refusal": (
        "front_hand",
        "security.LimitRefusal",
        lambda m: f"Refused by a limit: {_words(m.code).lower()}",
        lambda m: f"{m.amount or 0:,} times",
    ),
    "staff on wallet": (
        "badge",
        "identity.AuditRecord",
        lambda m: f"Staff: {_words(m.code).lower()}",
        lambda m: m.extra,
    ),
    "staff on user": (
        "badge",
        "identity.AuditRecord",
        lambda m: f"Staff: {_words(m.code).lower()}",
        lambda m: m.extra,
    ),
    "proposal": (
        "how_to_vote",
        "backoffice.Proposal",
        lambda m: f"Proposed: {_proposed(m.code)}",
        lambda m: size_in_words(ProposalKind(m.code), m.amount or 0, m.extra),
    ),
    "proposal decided": (
        "how_to_vote",
        "backoffice.Proposal",
        lambda m: f"Proposal {m.code}: {_proposed(m.extra)}",
        lambda _: "",
    ),
}


def page(
    request: HttpRequest, customer: Customer, *, topic: Topic | None, cursor: str, size: int
) -> TimelinePage:
    """The lines that this person may see, from the cursor on.

    :raises ValueError: the cursor is none that we gave.
    """
    labels = {source.label for source in SOURCES if sees(request, source.label)}
    before = _place(cursor, customer.user_id) if cursor else None
    moments = timeline_of(customer, labels=labels, topic=topic, before=before, limit=size + 1)
    older = _cursor(moments[size - 1].place, customer.user_id) if len(moments) > size else ""
    return TimelinePage([_line(moment) for moment in moments[:size]], older)


def _line(moment: Moment) -> Line:
    icon, label, words, details = TOLD[moment.source]
    return Line(moment.at, icon, words(moment), details(moment), change_url(label, moment.place.key))


def _cursor(place: Place, user_id: uuid.UUID) -> str:
    parts = [place.at.isoformat(), place.rank, place.nth, place.key]
    return signing.dumps(parts, salt=f"timeline {user_id}")


def _place(cursor: str, user_id: uuid.UUID) -> Place:
    try:
        at, rank, nth, key = signing.loads(cursor, salt=f"timeline {user_id}")
    except signing.BadSignature as error:
        raise ValueError("The cursor is none of ours.") from error
    return Place(datetime.fromisoformat(at), rank, nth, key)
