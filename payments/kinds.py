"""The vocabularies of payments."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import models

SYNC_TASK = "payments.sync_stripe_objects"


class PurchaseStatus(models.TextChoices):
    """Where a purchase stands. The moves between them are those of docs/architecture.md, and no others."""

    STARTED = "started"
    OPEN = "open"
    PROCESSING = "processing"
    SETTLED = "settled"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    QUARANTINED = "quarantined"
    REFUNDED = "refunded"


UNSETTLED: Final = frozenset(PurchaseStatus) - {PurchaseStatus.SETTLED, PurchaseStatus.REFUNDED}
# What can still become something else without a payment turning up after all.
PENDING: Final = frozenset({PurchaseStatus.STARTED, PurchaseStatus.OPEN, PurchaseStatus.PROCESSING})
# Where nobody has paid yet, and still can.
PAYABLE: Final = frozenset({PurchaseStatus.STARTED, PurchaseStatus.OPEN})
# What cannot be paid any more on its own page.
ENDED: Final = frozenset({PurchaseStatus.FAILED, PurchaseStatus.EXPIRED, PurchaseStatus.CANCELED})


class InboxStatus(models.TextChoices):
    """What became of a webhook's event."""

    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"
    PARKED = "parked"


class QuarantineReason(models.TextChoices):
    """What a paid session said that differs from what was frozen in the purchase."""

    SESSION = "session_differs"
    AMOUNT = "amount_differs"
    CURRENCY = "currency_differs"
    PACKAGE = "package_differs"
    CUSTOMER = "customer_differs"
    LIVEMODE = "livemode_differs"
    NOTHING_PAID = "nothing_was_paid"
    NO_TOKENS = "no_tokens_were_sold"


class SaleDefect(models.TextChoices):
    """What is wrong with a credited purchase, by its session's line items at Stripe."""

    NOT_PAID = "not_paid", "It is not paid"
    PRICE = "price_differs", "Another price was paid"
    QUANTITY = "quantity_differs", "Another quantity was paid"


class PackageEdit(models.TextChoices):
    """In what a package on sale differs from its price at Stripe."""

    GONE = "gone", "Its price is gone"
    INACTIVE = "inactive", "It was taken off sale"
    AMOUNT = "amount_differs", "Another amount"
    CURRENCY = "currency_differs", "Another currency"
    NAME = "name_differs", "Another name"


class ReversalState(models.TextChoices):
    """How much of a purchase's payment has gone back, or is withheld; the worst of it, where several hold."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"
    DISPUTED = "disputed"
    LOST = "lost"


class RefundStatus(models.TextChoices):
    """Where a refund stands: Stripe's words, and `requested` before Stripe has answered."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


# A refund moves to a later one of these only, in whatever order it is told.
REFUND_RANKS: Final = {
    RefundStatus.REQUESTED: 0,
    RefundStatus.PENDING: 1,
    RefundStatus.SUCCEEDED: 2,
    RefundStatus.CANCELED: 3,
    RefundStatus.FAILED: 4,
}
# The money is on its way to the buyer, or with them.
REFUNDED: Final = frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED})


class RefundReason(models.TextChoices):
    """Why a payment is given back, in Stripe's words."""

    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"


class DisputeStatus(models.TextChoices):
    """Where a dispute stands, in Stripe's words; a `warning_…` is an inquiry, which moves no money."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    PREVENTED = "prevented"
    LOST = "lost"
    WON = "won"


# A dispute moves to a later one of these only, in whatever order it is told: an inquiry may become a dispute, and a
# lost one be won after all.
DISPUTE_RANKS: Final = {status: rank for rank, status in enumerate(DisputeStatus)}
INQUIRIES: Final = frozenset(status for status in DisputeStatus if status.value.startswith("warning_"))
UNDECIDED: Final = frozenset({DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW})


class Outcome(models.TextChoices):
    """What handling an event, or asking Stripe about a session, led to."""

    SETTLED = "settled"
    ALREADY_SETTLED = "already_settled"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    DECLINED = "declined"
    CARD_NOTED = "card_noted"
    LATE_FAILURE = "late_failure"
    REVERSED = "reversed"
    GIVEN_BACK = "given_back"
    WARNED = "warned"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"


# What Stripe is asked to tell: docs/architecture.md says what each leads to.
ENDPOINT_EVENTS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "radar.early_fraud_warning.created",
        "payment_intent.payment_failed",
        "charge.succeeded",
    }
)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What Stripe says of a Checkout session, and all that settlement reads of it. Amounts are whole cents."""

    session_id: str
    purchase_id: uuid.UUID | None
    status: str
    payment_status: str
    amount_cents: int | None
    currency: str
    customer_id: str
    payment_intent_id: str
    package_code: str
    livemode: bool
    # Known only where Stripe was asked: an event names its payment intent and does not show it.
    payment_intent_status: str = ""


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What Stripe says of a refund. `refund_id` is our own row's id, where the refund was started here."""

    stripe_refund_id: str
    payment_intent_id: str
    refund_id: uuid.UUID | None
    amount_cents: int
    currency: str
    status: RefundStatus
    reason: str
    failure_reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What Stripe says of a dispute.

    `movements` is how often its money has moved as far as this was known, and `is_withheld` that it was taken last.
    """

    stripe_dispute_id: str
    stripe_charge_id: str
    payment_intent_id: str
    amount_cents: int
    currency: str
    status: DisputeStatus
    reason: str
    movements: int
    is_withheld: bool
    evidence_due_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """A verified event, checked for shape and nothing more.

    `created` is Stripe's time in seconds, `payload` the whole event as JSON that the database keeps, `data` the
    object it tells of.
    """

    id: str
    type: str
    livemode: bool
    created: int
    payload: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class SoldItem:
    """A line of what was paid for."""

    price_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SoldSession:
    """A session as Stripe has it, with its lines."""

    session: SessionFacts
    items: tuple[SoldItem, ...]
    fee_cents: int | None = None


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """A price as Stripe has it. It is active if it and its product are."""

    is_active: bool
    price_cents: int | None
    currency: str
    product_name: str
    is_live: bool


class EndpointMark(models.TextChoices):
    """What we note on a webhook endpoint of ours, at Stripe. One that a person made has no mark."""

    PENDING = "pending"  # its secret is not in the secret store yet, and nobody can ever read it again
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """A webhook endpoint as Stripe has it."""

    id: str
    url: str
    events: frozenset[str]
    api_version: str
    is_enabled: bool
    mark: str


class DiscrepancyStatus(models.TextChoices):
    """Where a discrepancy stands: open → repaired, gone by itself, or resolved by a person; then it has ended."""

    OPEN, REPAIRED, GONE, RESOLVED = "open", "repaired", "gone", "resolved"
