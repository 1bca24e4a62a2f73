"""What the other apps know of a purchase: Stripe's events, the ledger's postings, the mirror's delivery."""

from datetime import datetime
from typing import Any

from foundation.admin import DASH, link, table
from foundation.limits import PAGE_SIZE
from foundation.money import in_words
from mirror import queries as mirror
from payments.models import Purchase
from payments.queries.inbox import events_of_purchase
from tokens.queries.entries import postings_of_purchase

Tables = list[tuple[str, dict[str, Any]]]


def tables_of(purchase: Purchase) -> Tables:
    """The purchase's journey, one titled table for each part of it."""
    return [
        ("Events from Stripe", _events(purchase)),
        ("Refunds", _refunds(purchase)),
        ("Disputes", _disputes(purchase)),
        ("Ledger postings", _postings(purchase)),
        ("In Firestore", _mirror(purchase)),
    ]


def _events(purchase: Purchase) -> dict[str, Any]:
    events = events_of_purchase(purchase.id, purchase.stripe_payment_intent_id).defer("payload")[:PAGE_SIZE]
    return table(
        ("Event", "Stripe's id", "Status", "Outcome", "Received", "Processed"),
        (
            (
                link("payments.InboxEvent", event.id, event.type),
                event.stripe_event_id,
                event.get_status_display(),
                event.get_outcome_display() or DASH,
                _time(event.received_at),
                _time(event.processed_at),
            )
            for event in events
        ),
    )


def _refunds(purchase: Purchase) -> dict[str, Any]:
    return table(
        ("Refund", "Amount", "Status", "Reason", "Asked for by", "When", "Ended"),
        (
            (
                link("payments.Refund", refund.id, refund),
                in_words(refund.amount_cents, refund.currency),
                refund.get_status_display(),
                refund.note or refund.get_reason_display() or DASH,
                refund.requested_by or "Stripe's dashboard",
                _time(refund.created_at),
                _time(refund.ended_at),
            )
            for refund in purchase.refunds.order_by("created_at")[:PAGE_SIZE]
        ),
    )


def _disputes(purchase: Purchase) -> dict[str, Any]:
    return table(
        ("Dispute", "Amount", "Status", "Reason", "Money withheld", "Opened", "Closed"),
        (
            (
                link("payments.Dispute", dispute.id, dispute),
                in_words(dispute.amount_cents, dispute.currency),
                dispute.get_status_display(),
                dispute.reason,
                "Yes" if dispute.is_withheld else "No",
                _time(dispute.opened_at),
                _time(dispute.closed_at),
            )
            for dispute in purchase.disputes.order_by("opened_at")[:PAGE_SIZE]
        ),
    )


def _postings(purchase: Purchase) -> dict[str, Any]:
    return table(
        ("Entry", "Type", "Account", "Amount", "Balance after"),
        (
            (
                link("tokens.Entry", posting.entry_id),
                posting.entry.get_type_display(),
                posting.account.get_kind_display(),
                f"{posting.amount:+,}",
                DASH if posting.balance_after is None else f"{posting.balance_after:,}",
            )
            for posting in postings_of_purchase(purchase.id)[:PAGE_SIZE]
        ),
    )


def _mirror(purchase: Purchase) -> dict[str, Any]:
    rows: list[tuple[object, ...]] = []
    if purchase.entry_id:
        path = f"transactions/{purchase.entry_id}"
        delivered = mirror.delivered_at([path]).get(path)
        rows.append((path, "Delivered" if delivered else "Not seen there yet", _time(delivered), DASH))
    wallet = mirror.state_of("wallet", str(purchase.wallet_account_id))
    version = DASH if wallet.version is None else wallet.version
    words = wallet.status.value.capitalize() + (f": {wallet.last_error}" if wallet.last_error else "")
    rows.append((f"users/{purchase.wallet_document_id}", words, _time(wallet.delivered_at), version))
    return table(("Document", "State", "Delivered", "Version"), rows)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else DASH
