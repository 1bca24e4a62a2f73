"""What else is known of a purchase: its steps, Stripe's objects and events, the ledger, the mirror, alerts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html

from foundation.admin import DASH, link, pretty, sees, table
from foundation.limits import PAGE_SIZE
from foundation.money import in_words
from mirror import queries as mirror
from payments.admin.steps import Known, steps_table
from payments.models import Dispute, InboxEvent, Purchase, Refund
from payments.queries.inbox import events_of_purchase
from payments.queries.stripe_copies import StripeCopy, copies_of
from payments.queries.stripe_dashboard import dashboard_url
from security.queries.alerts import alerts_about_purchase
from tokens.queries.entries import postings_of_purchase

Tables = list[tuple[str, dict[str, Any]]]


def tables_of(request: HttpRequest, purchase: Purchase) -> Tables:
    """The purchase's journey, one titled table for each part of it that this person may see."""
    known = _known(purchase)
    parts: tuple[tuple[str, str, Callable[[], dict[str, Any]]], ...] = (
        ("payments.Purchase", "Step by step", lambda: steps_table(purchase, known)),
        ("djstripe.Session", "At Stripe", lambda: _at_stripe(purchase)),
        ("payments.InboxEvent", "Events from Stripe", lambda: _events(known.events)),
        ("payments.Refund", "Refunds", lambda: _refunds(known.refunds)),
        ("payments.Dispute", "Disputes", lambda: _disputes(known.disputes)),
        ("tokens.Entry", "Ledger postings", lambda: _postings(purchase)),
        ("mirror.MirroredDocument", "In Firestore", lambda: _mirror(purchase, known.delivered_at)),
        ("security.Alert", "Alerts", lambda: _alerts(purchase)),
    )
    return [(title, make()) for label, title, make in parts if sees(request, label)]


def _known(purchase: Purchase) -> Known:
    events = events_of_purchase(purchase.id, purchase.stripe_payment_intent_id)[:PAGE_SIZE]
    path = f"transactions/{purchase.entry_id}"
    return Known(
        events=list(events),
        refunds=list(purchase.refunds.order_by("created_at")[:PAGE_SIZE]),
        disputes=list(purchase.disputes.order_by("opened_at")[:PAGE_SIZE]),
        delivered_at=mirror.delivered_at([path]).get(path) if purchase.entry_id else None,
    )


def _at_stripe(purchase: Purchase) -> dict[str, Any]:
    return table(
        ("Object", "Stripe's id", "Status", "Our copy", "Copied"),
        (
            (
                copy.kind,
                _in_dashboard(copy.stripe_id, purchase),
                copy.status or DASH,
                _copy_link(copy),
                _time(copy.copied_at),
            )
            for copy in copies_of(purchase)
        ),
    )


def _in_dashboard(stripe_id: str, purchase: Purchase) -> str:
    """The id, as a link into Stripe's dashboard where there is one."""
    url = dashboard_url(stripe_id, livemode=purchase.livemode)
    if not url:
        return stripe_id
    return format_html('<a class="underline" href="{}" rel="noreferrer">{}</a>', url, stripe_id)


def _copy_link(copy: StripeCopy) -> str:
    return link(f"djstripe.{copy.kind}", copy.pk, "As Stripe told it") if copy.pk else "Not copied yet"


def _events(events: list[InboxEvent]) -> dict[str, Any]:
    return table(
        ("Event", "Status", "Outcome", "Received", "Processed", "Payload"),
        (
            (
                link("payments.InboxEvent", event.id, event.type),
                event.get_status_display(),
                event.get_outcome_display() or DASH,
                _time(event.received_at),
                _time(event.processed_at),
                format_html("<details><summary>As sent</summary>{}</details>", pretty(event.payload)),
            )
            for event in events
        ),
    )


def _refunds(refunds: list[Refund]) -> dict[str, Any]:
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
            for refund in refunds
        ),
    )


def _disputes(disputes: list[Dispute]) -> dict[str, Any]:
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
            for dispute in disputes
        ),
    )


def _alerts(purchase: Purchase) -> dict[str, Any]:
    alerts = alerts_about_purchase(buyer_id=purchase.buyer_id, purchase_id=purchase.id)
    return table(
        ("Alert", "Severity", "Status", "Seen", "Last"),
        (
            (
                link("security.Alert", alert.id, alert.summary),
                alert.get_severity_display(),
                alert.get_status_display(),
                f"{alert.count:,}",
                _time(alert.last_seen_at),
            )
            for alert in alerts[:PAGE_SIZE]
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


def _mirror(purchase: Purchase, delivered_at: datetime | None) -> dict[str, Any]:
    rows: list[tuple[object, ...]] = []
    if purchase.entry_id:
        words = "Delivered" if delivered_at else "Not seen there yet"
        rows.append((_in_console(f"transactions/{purchase.entry_id}"), words, _time(delivered_at), DASH))
    wallet = mirror.state_of("wallet", str(purchase.wallet_account_id))
    version = DASH if wallet.version is None else wallet.version
    words = wallet.status.value.capitalize() + (f": {wallet.last_error}" if wallet.last_error else "")
    rows.append(
        (_in_console(f"users/{purchase.wallet_document_id}"), words, _time(wallet.delivered_at), version)
    )
    return table(("Document", "State", "Delivered", "Version"), rows)


def _in_console(path: str) -> str:
    """The document's path, as a link into Google's console where there is one."""
    url = mirror.console_url(path)
    return format_html('<a class="underline" href="{}" rel="noreferrer">{}</a>', url, path) if url else path


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else DASH
