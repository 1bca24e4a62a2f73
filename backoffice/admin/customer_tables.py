"""What is known of a customer, one table for each part of it: its first rows, and the list that has them all."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from backoffice.admin.proposal_words import size_of
from backoffice.kinds import Customer, Topic
from backoffice.limits import CUSTOMER_SECTION_ROWS
from backoffice.queries.proposals import proposals_of
from foundation.admin import DASH, link, sees, table
from foundation.admin_lists import list_url
from foundation.money import in_words
from foundation.panels import panels_of
from mirror import queries as mirror
from payments.queries.customers import disputes_of, refunds_of
from payments.queries.purchases import purchases_of
from security.queries.alerts import alerts_about
from tokens.queries.entries import postings_of
from tokens.queries.freezes import freezes_of
from tokens.queries.holds import placed_holds_of
from tokens.queries.lots import open_lots_of
from tokens.queries.wallets import WalletState


@dataclass(frozen=True, slots=True)
class Section:
    """One table under its title; `more` is the address of the list behind it, where there is one."""

    title: str
    table: dict[str, Any]
    more: str = ""


Rows = Iterable[Iterable[object]]
Read = Callable[[Customer], Rows]


@dataclass(frozen=True, slots=True)
class _Part:
    """A section of rows: the table whose rows they are, and the topic or the list that has the others."""

    title: str
    label: str
    headers: tuple[str, ...]
    rows: Read
    topic: Topic | None = None
    is_always_shown: bool = False


def sections_of(request: HttpRequest, user: Any, wallet: WalletState | None) -> list[Section]:
    """The parts of the customer's page that this person may see; what is empty is left out but for the main three."""
    customer = Customer(user.id, wallet.account_id if wallet else None)
    parts = [part for part in PARTS if sees(request, part.label)]
    found = [(part.is_always_shown, _section(part, customer)) for part in parts]
    shown = [section for is_always_shown, section in found if is_always_shown or section.table["rows"]]
    shown += [Section(title, rows) for title, rows in panels_of("identity.User", request, user)]
    if wallet and sees(request, "mirror.MirroredSubject"):
        shown.append(_mirror(wallet))
    return shown


def _section(part: _Part, customer: Customer) -> Section:
    found = table(part.headers, part.rows(customer))
    if part.topic:
        more = reverse("admin:customer_timeline", args=[customer.user_id]) + f"?topic={part.topic}"
    else:
        by = customer.user_id if part.label in BY_USER else customer.account_id
        more = list_url(part.label, q=by)
    return Section(part.title, found, more)


def _of_wallet(read: Callable[[uuid.UUID], Rows]) -> Read:
    """Nothing for who has no wallet."""
    return lambda customer: read(customer.account_id) if customer.account_id else ()


def _purchases(customer: Customer) -> Rows:
    return (
        (
            link("payments.Purchase", purchase.id, purchase.package.name),
            in_words(purchase.price_cents, purchase.currency),
            f"{purchase.total_tokens:,}",
            purchase.get_status_display(),
            DASH if purchase.reversal == "none" else purchase.get_reversal_display(),
            moment(purchase.started_at),
        )
        for purchase in purchases_of(customer.user_id)[:CUSTOMER_SECTION_ROWS]
    )


def _postings(account_id: uuid.UUID) -> Rows:
    return (
        (
            posting.seq,
            link("tokens.Entry", posting.entry_id, posting.entry.get_type_display()),
            f"{posting.amount:+,}",
            f"{posting.balance_after:,}",
            moment(posting.entry.created_at),
        )
        for posting in postings_of(account_id).order_by("-seq")[:CUSTOMER_SECTION_ROWS]
    )


def _lots(account_id: uuid.UUID) -> Rows:
    return (
        (
            link("tokens.Lot", lot.id, lot.get_kind_display()),
            f"{lot.remaining:,} of {lot.amount:,}",
            f"{lot.held:,}",
            moment(lot.expires_at),
            moment(lot.opened_at),
        )
        for lot in open_lots_of(account_id)[:CUSTOMER_SECTION_ROWS]
    )


def _holds(account_id: uuid.UUID) -> Rows:
    return (
        (
            link("tokens.Hold", hold.id, hold.service),
            f"{hold.amount:,}",
            moment(hold.placed_at),
            moment(hold.expires_at),
        )
        for hold in placed_holds_of(account_id)[:CUSTOMER_SECTION_ROWS]
    )


def _freezes(account_id: uuid.UUID) -> Rows:
    return (
        (
            link("tokens.Freeze", freeze.id, freeze.get_cause_display()),
            next((each.reason for each in freeze.reasons.all()), DASH),
            moment(freeze.frozen_at),
            moment(freeze.lifted_at) if freeze.lifted_at else "In force",
        )
        for freeze in freezes_of(account_id)[:CUSTOMER_SECTION_ROWS]
    )


def _refunds(customer: Customer) -> Rows:
    return (
        (
            link("payments.Refund", refund.id, refund),
            in_words(refund.amount_cents, refund.currency),
            refund.get_status_display(),
            link("payments.Purchase", refund.purchase_id, "Purchase"),
            moment(refund.created_at),
        )
        for refund in refunds_of(customer.user_id)[:CUSTOMER_SECTION_ROWS]
    )


def _disputes(customer: Customer) -> Rows:
    return (
        (
            link("payments.Dispute", dispute.id, dispute),
            in_words(dispute.amount_cents, dispute.currency),
            dispute.get_status_display(),
            link("payments.Purchase", dispute.purchase_id, "Purchase"),
            moment(dispute.opened_at),
        )
        for dispute in disputes_of(customer.user_id)[:CUSTOMER_SECTION_ROWS]
    )


def _alerts(customer: Customer) -> Rows:
    return (
        (
            link("security.Alert", alert.id, alert.summary),
            alert.get_severity_display(),
            alert.get_status_display(),
            f"{alert.count:,}",
            moment(alert.last_seen_at),
        )
        for alert in alerts_about(customer.user_id)[:CUSTOMER_SECTION_ROWS]
    )


def _proposals(account_id: uuid.UUID) -> Rows:
    now = timezone.now()
    return (
        (
            link("backoffice.Proposal", proposal.id, proposal),
            size_of(proposal),
            proposal.status_at(now).label,
            proposal.maker,
            moment(proposal.proposed_at),
        )
        for proposal in proposals_of(account_id)[:CUSTOMER_SECTION_ROWS]
    )


PARTS: Final = (
    _Part(
        "Purchases",
        "payments.Purchase",
        ("Package", "Price", "Tokens", "Status", "Went back", "Started"),
        _purchases,
        is_always_shown=True,
    ),
    _Part(
        "Ledger",
        "tokens.Entry",
        ("Seq", "Entry", "Amount", "Balance after", "When"),
        _of_wallet(_postings),
        Topic.LEDGER,
        is_always_shown=True,
    ),
    _Part(
        "Alerts",
        "security.Alert",
        ("Alert", "Severity", "Status", "Seen", "Last"),
        _alerts,
        is_always_shown=True,
    ),
    _Part(
        "Proposals",
        "backoffice.Proposal",
        ("Proposal", "Amount", "Status", "By", "When"),
        _of_wallet(_proposals),
    ),
    _Part("Freezes", "tokens.Freeze", ("Cause", "Reason", "Since", "Lifted"), _of_wallet(_freezes)),
    _Part(
        "Refunds", "payments.Refund", ("Refund", "Amount", "Status", "Of", "When"), _refunds, Topic.MONEY_BACK
    ),
    _Part(
        "Disputes",
        "payments.Dispute",
        ("Dispute", "Amount", "Status", "Of", "Opened"),
        _disputes,
        Topic.MONEY_BACK,
    ),
    _Part("Lots with tokens", "tokens.Lot", ("Kind", "Left", "Held", "Expires", "Opened"), _of_wallet(_lots)),
    _Part("Holds", "tokens.Hold", ("Service", "Tokens", "Placed", "Ends"), _of_wallet(_holds)),
)
# Their lists are searched by the user's id, others by the wallet's.
BY_USER: Final = frozenset({"payments.Purchase", "security.Alert", "tokens.Freeze"})


def _mirror(wallet: WalletState) -> Section:
    state = mirror.state_of("wallet", str(wallet.account_id))
    path = f"users/{wallet.document_id}"
    url = mirror.console_url(path)
    shown = format_html('<a class="underline" href="{}" rel="noreferrer">{}</a>', url, path) if url else path
    version = f"{state.version or 0:,} of {wallet.version:,}"
    words = state.status.value.capitalize() + (f": {state.last_error}" if state.last_error else "")
    row = (shown, words, version, moment(state.delivered_at))
    return Section("In Firestore", table(("Document", "State", "Version", "Delivered"), [row]))


def moment(at: datetime | None) -> str:
    """A time as these tables tell it."""
    return f"{at:%Y-%m-%d %H:%M}" if at else DASH
