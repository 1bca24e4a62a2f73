"""One search over every page: by an id, an address, or one of Stripe's ids, straight to the row.

What the term looks like says where to look, so that each look is one read of an index: whole ids, and beginnings of
what has one. Nobody is told of a row whose page they may not open.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from backoffice.limits import SEARCH_BEGINNING_LENGTH_MIN, SEARCH_HITS_SHOWN, SEARCH_TERM_LENGTH_MAX
from foundation.admin import change_url, page_of
from payments.queries.purchases import ids_of_charge

Find = Callable[[QuerySet[Any], str], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found: what it is called, what it is, and its page's address."""

    title: str
    description: str
    link: str
    icon: str = "arrow_forward"


def beginning(field: str) -> Find:
    """Rows whose field begins with the term."""
    return lambda rows, term: rows.filter(**{f"{field}__startswith": term}).order_by(field)


def exactly(field: str) -> Find:
    """Rows whose field is the term."""
    return lambda rows, term: rows.filter(**{field: term})


def _of_charge(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    return rows.filter(pk__in=ids_of_charge(term))


PURCHASE: Final = "payments.Purchase"
PERSON: Final = "identity.User"
# What Stripe's ids begin with, the table that has them, and how they are found there.
STRIPE_IDS: Final[tuple[tuple[tuple[str, ...], str, Find], ...]] = (
    (("cs_",), PURCHASE, beginning("stripe_session_id")),
    (("pi_",), PURCHASE, beginning("stripe_payment_intent_id")),
    (("ch_", "py_"), PURCHASE, _of_charge),
    (("re_", "pyr_"), "payments.Refund", beginning("stripe_refund_id")),
    (("dp_", "du_"), "payments.Dispute", beginning("stripe_dispute_id")),
    (("evt_",), "payments.InboxEvent", beginning("stripe_event_id")),
    (("cus_",), PERSON, beginning("stripe_customer__stripe_customer_id")),
)
# The tables whose rows people have the id of, the most asked for first; an id is one row's only.
BY_ID: Final = (
    PURCHASE,
    PERSON,
    "tokens.Wallet",
    "tokens.Entry",
    "security.Alert",
    "payments.Refund",
    "payments.Dispute",
    "payments.InboxEvent",
    "tokens.Hold",
    "tokens.Lot",
    "tokens.Freeze",
    "security.Override",
    "security.LimitRefusal",
    "identity.ApiKey",
    "identity.AuditRecord",
    "backoffice.Proposal",
)
BY_WORDS: Final[tuple[tuple[str, Find], ...]] = (
    (PERSON, beginning("email")),
    (PERSON, beginning("firebase_uid")),
    ("tokens.Wallet", exactly("document_id")),
    ("tokens.Entry", beginning("reference")),
)


def find(request: HttpRequest, term: str) -> list[Hit]:
    """The rows that the term names, each once, at most `SEARCH_HITS_SHOWN` of a kind."""
    sought = term.strip()[:SEARCH_TERM_LENGTH_MAX].replace("\x00", "")
    hits = (_hit(row) for row in _rows(request, sought))
    return list(dict.fromkeys(hits))


def _rows(request: HttpRequest, term: str) -> Iterator[Any]:
    if len(term) < SEARCH_BEGINNING_LENGTH_MIN:
        return
    if row_id := _uuid_or_none(term):
        yield from _with_id(request, row_id)
        return
    for beginnings, label, find_in in STRIPE_IDS:
        if term.startswith(beginnings):
            yield from find_in(_visible(request, label), term)[:SEARCH_HITS_SHOWN]
    for label, find_in in BY_WORDS:
        by_address = term.lower() if "@" in term else term
        yield from find_in(_visible(request, label), by_address)[:SEARCH_HITS_SHOWN]


def _with_id(request: HttpRequest, row_id: uuid.UUID) -> Iterator[Any]:
    """The one row with this id: later tables are not asked."""
    for label in BY_ID:
        if row := _visible(request, label).filter(pk=row_id).first():
            yield row
            return


def _visible(request: HttpRequest, label: str) -> QuerySet[Any]:
    """The rows of a page, or none for who may not open it."""
    page = page_of(label)
    return page.get_queryset(request) if page.has_view_permission(request) else page.model.objects.none()


def _hit(row: Any) -> Hit:
    is_person = row._meta.label == PERSON
    url = reverse("admin:customer", args=[row.pk]) if is_person else change_url(type(row), row.pk)
    return Hit(str(row), "Customer" if is_person else str(row._meta.verbose_name).capitalize(), url)


def _uuid_or_none(term: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(term)
    except ValueError:
        return None
