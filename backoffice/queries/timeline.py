"""What happened to a customer, out of every app's rows, newest first, in one statement whatever the size.

Each source brings no more rows than a page has, by its own index, from the place where the page before ended; the
database merges them. So page 1,000 costs what page 1 does.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast

from backoffice.kinds import Customer, Moment, Place, Topic
from backoffice.queries.proposals import proposals_of
from identity.queries.audit import records_about
from identity.queries.users import person
from payments.queries.customers import declines_of, disputes_of, refunds_of
from payments.queries.purchases import purchases_of
from security.queries.alerts import alerts_about
from security.queries.limit_refusals import refusals_of
from security.queries.purchase_limits import overrides_of
from tokens.queries.entries import postings_of
from tokens.queries.freezes import freezes_of
from tokens.queries.statements import seq_at

COLUMNS: Final = ("told_at", "told_rank", "told_nth", "told_key", "told_code", "told_amount", "told_extra")
NEWEST_FIRST: Final = ("-told_at", "-told_rank", "-told_nth", "-told_key")


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of thing that happens: whose rows tell of it, and which of their columns say what.

    `label` is the table whose rows somebody must be allowed to see.
    """

    name: str
    label: str
    topic: Topic | None
    rows: Callable[[Customer], QuerySet[Any] | None]
    at: str
    code: str
    amount: str = ""
    extra: str = ""
    key: str = "pk"
    nth: str = ""


def _wallets(read: Callable[[uuid.UUID], QuerySet[Any]]) -> Callable[[Customer], QuerySet[Any] | None]:
    return lambda customer: read(customer.account_id) if customer.account_id else None


def _records(kind: str, customer: Customer) -> QuerySet[Any]:
    return records_about(kind, customer.user_id if kind == "user" else customer.account_id)


PURCHASE: Final = "payments.Purchase"
AUDIT: Final = "identity.AuditRecord"
PROPOSAL: Final = "backoffice.Proposal"
SOURCES: Final = (
    Source("account", "identity.User", None, lambda c: person(c.user_id), "date_joined", "id"),
    Source(
        "purchase",
        PURCHASE,
        Topic.PURCHASES,
        lambda c: purchases_of(c.user_id),
        "started_at",
        "package_id",
        "price_cents",
        "currency",
    ),
    Source(
        "purchase ended",
        PURCHASE,
        Topic.PURCHASES,
        lambda c: purchases_of(c.user_id),
        "closed_at",
        "status",
        extra="failure_code",
    ),
    Source(
        "decline",
        PURCHASE,
        Topic.PURCHASES,
        lambda c: declines_of(c.user_id),
        "declined_at",
        "code",
        key="purchase_id",
    ),
    Source(
        "refund",
        "payments.Refund",
        Topic.MONEY_BACK,
        lambda c: refunds_of(c.user_id),
        "created_at",
        "status",
        "amount_cents",
        "currency",
    ),
    Source(
        "dispute",
        "payments.Dispute",
        Topic.MONEY_BACK,
        lambda c: disputes_of(c.user_id),
        "opened_at",
        "reason",
        "amount_cents",
        "currency",
    ),
    Source(
        "dispute ended",
        "payments.Dispute",
        Topic.MONEY_BACK,
        lambda c: disputes_of(c.user_id),
        "closed_at",
        "status",
        "amount_cents",
        "currency",
    ),
    Source(
        "entry",
        "tokens.Entry",
        Topic.LEDGER,
        _wallets(postings_of),
        "entry__created_at",
        "entry__type",
        "amount",
        "balance_after",
        "entry_id",
        "seq",
    ),
    Source(
        "freeze",
        "tokens.Freeze",
        Topic.SECURITY,
        _wallets(freezes_of),
        "frozen_at",
        "cause",
    ),
    Source(
        "freeze lifted",
        "tokens.Freeze",
        Topic.SECURITY,
        _wallets(freezes_of),
        "lifted_at",
        "cause",
    ),
    Source(
        "alert",
        "security.Alert",
        Topic.SECURITY,
        lambda c: alerts_about(c.user_id),
        "first_seen_at",
        "severity",
        extra="summary",
    ),
    Source(
        "alert resolved",
        "security.Alert",
        Topic.SECURITY,
        lambda c: alerts_about(c.user_id),
        "resolved_at",
        "resolution",
        extra="summary",
    ),
    Source(
        "override",
        "security.Override",
        Topic.SECURITY,
        lambda c: overrides_of(c.user_id),
        "granted_at",
        "kind",
        extra="reason",
    ),
    Source(
        "override ended",
        "security.Override",
        Topic.SECURITY,
        lambda c: overrides_of(c.user_id),
        "closed_at",
        "status",
        extra="reason",
    ),
    Source(
        "refusal",
        "security.LimitRefusal",
        Topic.SECURITY,
        lambda c: refusals_of(c.user_id),
        "last_refused_at",
        "limit",
        "count",
    ),
    Source(
        "staff on wallet", AUDIT, Topic.STAFF, lambda c: _records("wallet", c), "at", "action", extra="reason"
    ),
    Source(
        "staff on user", AUDIT, Topic.STAFF, lambda c: _records("user", c), "at", "action", extra="reason"
    ),
    Source(
        "proposal",
        PROPOSAL,
        Topic.STAFF,
        _wallets(proposals_of),
        "proposed_at",
        "kind",
        "amount",
        "currency",
    ),
    Source(
        "proposal decided",
        PROPOSAL,
        Topic.STAFF,
        _wallets(proposals_of),
        "decided_at",
        "status",
        extra="kind",
    ),
)


def timeline_of(
    customer: Customer, *, labels: Collection[str], topic: Topic | None, before: Place | None, limit: int
) -> list[Moment]:
    """The customer's moments from right before a place on (None: from now), newest first, at most `limit`.

    :param labels: the tables whose rows may be told of
    :param topic: what to narrow it to
    """
    chosen = (
        (rank, source)
        for rank, source in enumerate(SOURCES)
        if source.label in labels and topic in {None, source.topic}
    )
    found = (_branch(rank, source, customer, before, limit) for rank, source in chosen)
    branches = [branch for branch in found if branch is not None]
    if not branches:
        return []
    first, *others = branches
    rows = first.union(*others, all=True).order_by(*NEWEST_FIRST)[:limit] if others else first
    return [
        Moment(SOURCES[rank].name, Place(at, rank, nth, key), code, amount, extra)
        for at, rank, nth, key, code, amount, extra in rows
    ]


def _branch(
    rank: int, source: Source, customer: Customer, before: Place | None, limit: int
) -> QuerySet[Any, tuple[Any, ...]] | None:
    """One source's rows below the place, as the columns that all have."""
    rows = source.rows(customer)
    if rows is None:
        return None
    told = rows.annotate(
        told_at=ExpressionWrapper(F(source.at), output_field=DateTimeField()),
        told_rank=Value(rank, output_field=BigIntegerField()),
        told_nth=_column(source.nth, 0, BigIntegerField()),
        told_key=Cast(F(source.key), TextField()),
        told_code=Cast(F(source.code), TextField()),
        told_amount=_column(source.amount, None, BigIntegerField()),
        told_extra=_column(source.extra, "", TextField()),
    )
    if before is not None:
        told = told.filter(_below(rank, before))
    if not source.nth:
        told = told.filter(told_at__isnull=False).order_by(*NEWEST_FIRST)
    else:  # time and number rise together, and only the number has an index
        if before is not None and customer.account_id is not None:
            told = told.filter(seq__lte=seq_at(customer.account_id, before.at))
        told = told.order_by("-seq")
    columns: QuerySet[Any, tuple[Any, ...]] = told.values_list(*COLUMNS)[:limit]
    return columns


def _below(rank: int, place: Place) -> Q:
    """What comes after the place, newest first, among the rows of one source."""
    if rank < place.rank:
        return Q(told_at__lte=place.at)
    if rank > place.rank:
        return Q(told_at__lt=place.at)
    same_number = Q(told_nth=place.nth, told_key__lt=place.key)
    at_once = Q(told_at=place.at) & (Q(told_nth__lt=place.nth) | same_number)
    return Q(told_at__lt=place.at) | at_once


def _column(field: str, constant: str | int | None, output: Any) -> Cast:
    return Cast(F(field) if field else Value(constant), output)
