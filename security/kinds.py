"""What an alert can tell of, how grave it is, and how it ends; and what is known of a purchase that starts."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models

SEND_MAILS_TASK = "security.send_alert_mails"
ALERT_SUBJECT = "alert"  # the kind of subject under which alerts are mirrored


class AlertKind(models.TextChoices):
    """What happened that a person should look at."""

    PURCHASE_QUARANTINED = "purchase_quarantined", "Purchase quarantined"
    PAYMENT_FAILED_AFTER_SETTLEMENT = "payment_failed_after_settlement", "Payment failed after settlement"
    DISPUTE_INQUIRY = "dispute_inquiry", "Bank inquires about a payment"
    DISPUTE_OPENED = "dispute_opened", "Payment disputed"
    DISPUTE_LOST = "dispute_lost", "Dispute lost"
    EARLY_FRAUD_WARNING = "early_fraud_warning", "Early fraud warning"
    REFUND_EXCEEDS_PAYMENT = "refund_exceeds_payment", "More refunded than was paid"
    REFUND_FAILED = "refund_failed", "Refund failed"
    MANY_REFUNDS = "many_refunds", "Many refunds of one customer"
    MANY_DISPUTES = "many_disputes", "Many disputes of one customer"
    WRONG_LIVEMODE = "wrong_livemode", "Event of the other Stripe mode"
    LIMITER_UNAVAILABLE = "limiter_unavailable", "Purchases cannot be counted"
    BAD_SIGNATURES = "bad_signatures", "Burst of bad webhook signatures"
    INBOX_PARKED = "inbox_parked", "Stripe events given up on"
    MIRROR_PARKED = "mirror_parked", "Mirror rows parked"
    MIRROR_BEHIND = "mirror_behind", "Mirror behind"
    MIRROR_DRIFT = "mirror_drift", "Firestore showed something else"
    LEDGER_IMBALANCE = "ledger_imbalance", "Ledger does not balance"
    SOLD_OTHERWISE = "sold_otherwise", "Paid for another price or quantity"
    CREDIT_WITHOUT_PAYMENT = "credit_without_payment", "Credited without a payment"
    CREDIT_OVERDUE = "credit_overdue", "Paid and not credited in time"
    DISCREPANCY = "discrepancy", "Books do not agree"
    CHECK_OVERDUE = "check_overdue", "Books not compared in full"
    PACKAGE_EDITED = "package_edited", "Package changed at Stripe by hand"
    PURCHASE_VELOCITY = "purchase_velocity", "Buying faster than people do"
    MANY_DECLINES = "many_declines", "Many declined payments"
    REPEATED_MISMATCHES = "repeated_mismatches", "Several payments that are not the purchase"
    SHARED_CARD = "shared_card", "One card behind many accounts"
    SHARED_ADDRESS = "shared_address", "One address behind many accounts"
    REPEATED_REFUSALS = "repeated_refusals", "Refused by limits again and again"
    ALERT_FLOOD = "alert_flood", "More alerts of a kind than are opened singly"


def alert_kinds() -> list[tuple[str, str]]:
    """The kinds as a field's choices; as a function, so that a new one is no migration."""
    return AlertKind.choices


class Severity(models.TextChoices):
    """How soon a person should look, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


# What operators are written about; the others wait on the dashboard.
MAILED = frozenset({Severity.HIGH, Severity.CRITICAL})


class AlertStatus(models.TextChoices):
    """Where an alert stands: open → acknowledged → resolved, and no other move."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Resolution(models.TextChoices):
    """What an alert turned out to be."""

    MISTAKE = "mistake"
    FRAUD = "fraud"
    FIXED = "fixed"
    DUPLICATE = "duplicate"
    ACCEPTED = "accepted"


class Limit(models.TextChoices):
    """What somebody was refused by."""

    HOURLY = "purchases_hourly", "Purchases an hour"
    DAILY = "purchases_daily", "Purchases a day"
    DECLINES = "declines", "Declined payments"
    DECLINES_OF_ADDRESS = "declines_of_address", "Declined payments of an address"
    API_CALLS = "api_calls", "API calls a minute"


class OverrideKind(models.TextChoices):
    """What holds for one customer instead of the limits on purchases."""

    NUMBERS = "numbers", "Other numbers"
    UNLIMITED = "unlimited", "Unlimited"
    BLOCKED = "blocked", "Blocked"


class OverrideStatus(models.TextChoices):
    """Where an override stands: granted → replaced | revoked | expired, and no other move."""

    GRANTED = "granted"
    REPLACED = "replaced"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """How many purchases one customer may start, None being any number, and why.

    `override_id` names the override that says so; without one the numbers are everybody's.
    """

    hourly_max: int | None
    daily_max: int | None
    is_blocked: bool = False
    override_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that somebody ran into: how much is allowed, from when, and until when they have to wait."""

    limit: Limit
    allowed: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class PurchaseFacts:
    """What payments knows, from its own rows, of the history behind a purchase that is about to start.

    Security keeps no purchases: whoever starts one counts and hands this over. Times are of the last day, newest
    first, and no more than `FACTS_MAX` of each. Facts of an address are of all who came from it, this
    customer included; where no address is known they are empty.
    """

    user_id: uuid.UUID
    account_opened_at: datetime
    address: str
    package_code: str
    price_cents: int
    started_at: tuple[datetime, ...]
    declined_at: tuple[datetime, ...]
    declined_at_address: tuple[datetime, ...]
    buyers_at_address: int


@dataclass(frozen=True, slots=True)
class CustomerActivity:
    """What one customer did within the last day: the times of each, and what they paid in all.

    Refunds and disputes are those of the last months, since they come long after what they are about.
    """

    user_id: uuid.UUID
    paid_at: tuple[datetime, ...] = ()
    paid_cents: int = 0
    declined_at: tuple[datetime, ...] = ()
    quarantined_at: tuple[datetime, ...] = ()
    refunded_at: tuple[datetime, ...] = ()
    disputed_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class CardActivity:
    """Who used one card lately, by Stripe's fingerprint of it."""

    fingerprint: str
    user_ids: frozenset[uuid.UUID]
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class AddressActivity:
    """Who started purchases from one address within the last day."""

    address: str
    user_ids: frozenset[uuid.UUID]
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class RefusalActivity:
    """How often limits refused one customer within the last day."""

    user_id: uuid.UUID
    count: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detection rule found: the alert that it asks for.

    `count` is how often it was seen in all, `newest_at` the last time: an alert that was resolved after that is
    not raised again. `freezes` asks for the customer's wallet to be frozen.
    """

    kind: AlertKind
    severity: Severity
    dedup_key: str
    summary: str
    subject: Mapping[str, str]
    count: int
    newest_at: datetime
    freezes: bool = False
