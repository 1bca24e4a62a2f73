"""A purchase step by step: when each happened, and how long after the one before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from foundation.admin import DASH, link, table
from foundation.money import in_words
from payments.models import Dispute, InboxEvent, Purchase, Refund


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a purchase; one without a time has not."""

    at: datetime | None
    words: object
    details: object = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of a purchase beside its own row."""

    events: list[InboxEvent]
    refunds: list[Refund]
    disputes: list[Dispute]
    delivered_at: datetime | None


def steps_table(purchase: Purchase, known: Known) -> dict[str, Any]:
    """The steps in their order, with the time from each to the next."""
    happened = [(step.at, step) for step in _steps(purchase, known) if step.at]
    return table(("When", "After", "Step", "Details"), _rows(sorted(happened, key=itemgetter(0))))


def _rows(happened: Iterable[tuple[datetime, Step]]) -> Iterator[tuple[object, ...]]:
    before: datetime | None = None
    for at, step in happened:
        after = _span(at - before) if before else DASH
        yield f"{at:%Y-%m-%d %H:%M:%S}", after, step.words, step.details or DASH
        before = at


def _steps(purchase: Purchase, known: Known) -> Iterator[Step]:
    yield from _own_steps(purchase)
    yield Step(known.delivered_at, "Shown in Firestore")
    for event in known.events:
        told = link("payments.InboxEvent", event.id, f"Stripe told {event.type}")
        yield Step(event.received_at, told, event.get_outcome_display() or event.get_status_display())
    for refund in known.refunds:
        amount = in_words(refund.amount_cents, refund.currency)
        yield Step(
            refund.created_at, link("payments.Refund", refund.id, "Refund"), f"{amount}, {refund.status}"
        )
    for dispute in known.disputes:
        amount = in_words(dispute.amount_cents, dispute.currency)
        yield Step(dispute.opened_at, link("payments.Dispute", dispute.id, "Disputed"), amount)
        yield Step(dispute.closed_at, link("payments.Dispute", dispute.id, "Dispute closed"), dispute.status)


def _own_steps(purchase: Purchase) -> Iterator[Step]:
    yield Step(purchase.started_at, "Started", f"From {purchase.address}" if purchase.address else "")
    yield Step(purchase.opened_at, "Checkout opened at Stripe")
    yield Step(purchase.cancel_requested_at, "Asked to cancel")
    yield Step(purchase.processing_at, "The bank was asked to pay")
    yield Step(purchase.asked_stripe_at, "Stripe was asked how it stands")
    credit = link("tokens.Entry", purchase.entry_id, f"{purchase.total_tokens:,} tokens")
    yield Step(purchase.settled_at, "Credited", credit)
    why = purchase.get_quarantine_reason_display() or purchase.failure_code
    yield Step(purchase.closed_at, purchase.get_status_display(), why)
    yield Step(purchase.sale_checked_at, "Checked at Stripe for what was paid")


def _span(span: timedelta) -> str:
    """How long, in the two largest units that matter."""
    seconds = span.total_seconds()
    minutes, hours, days = seconds / 60, seconds / 3600, span.days
    if minutes < 1:
        return f"{seconds:.1f} s"
    if hours < 1:
        return f"{int(minutes)} min {int(seconds % 60)} s"
    return f"{int(hours)} h {int(minutes % 60)} min" if days < 1 else f"{days} d {int(hours % 24)} h"
