"""A customer's purchase of a package."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.ids import new_id
from foundation.limits import IDEMPOTENCY_KEY_LENGTH_MAX
from identity.kinds import Right
from payments.kinds import PurchaseStatus, QuarantineReason, ReversalState
from payments.limits import PROCESSING_WAIT


class Purchase(models.Model):
    """What was bought, at the terms of that moment, and what became of it.

    Tokens, bonus, their lifetime, price and currency are copied from the package and never change: a credit is judged
    by them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchases")
    package = models.ForeignKey("tokens.Package", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=PurchaseStatus, default=PurchaseStatus.STARTED)
    idempotency_key = models.CharField(max_length=IDEMPOTENCY_KEY_LENGTH_MAX)

    tokens = models.PositiveIntegerField()
    bonus_tokens = models.PositiveIntegerField()
    price_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    tokens_expire_after_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days from the credit until its tokens expire; none: never."
    )
    wallet_account_id = models.UUIDField(help_text="The wallet that is credited.")
    wallet_document_id = models.CharField(max_length=128, help_text="That wallet's document in Firestore.")
    livemode = models.BooleanField(default=False)
    address = models.GenericIPAddressField(
        null=True, blank=True, help_text="Where it was started from, as far as that is known."
    )

    paid_cents = models.PositiveIntegerField(
        null=True, blank=True, help_text="What Stripe says was paid, in the payment's own currency."
    )
    fee_cents = models.PositiveIntegerField(
        null=True, blank=True, help_text="What Stripe keeps of it, where that is told in the same currency."
    )
    charge_refunded_cents = models.PositiveIntegerField(
        default=0, help_text="The most that Stripe ever said was refunded of its charge."
    )
    reversal = models.CharField(max_length=8, choices=ReversalState, default=ReversalState.NONE)

    stripe_price_id = models.CharField(max_length=255)
    stripe_customer_id = models.CharField(max_length=255, blank=True)
    stripe_session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    checkout_url = models.TextField(blank=True)

    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="When the Checkout session ends.")
    opened_at = models.DateTimeField(null=True, blank=True)
    processing_at = models.DateTimeField(
        null=True, blank=True, help_text="When its buyer was done and the bank was asked to pay."
    )
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    asked_stripe_at = models.DateTimeField(
        null=True, blank=True, help_text="When Stripe was last asked how the session stands."
    )
    sale_checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When Stripe was asked for what it was paid."
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it failed, expired, was canceled or quarantined."
    )
    entry_id = models.UUIDField(null=True, blank=True, help_text="The ledger's entry of the credit.")
    failure_code = models.CharField(
        max_length=64, blank=True, help_text="Stripe's word for the last decline."
    )
    quarantine_reason = models.CharField(max_length=32, choices=QuarantineReason, blank=True)

    class Meta:
        ordering = ["-started_at"]
        permissions = [
            Right.REFUND_PURCHASE.permission,
            Right.PROPOSE_REFUND.permission,
            Right.SETTLE_QUARANTINED.permission,
            Right.ASK_STRIPE.permission,
        ]
        constraints = [
            models.UniqueConstraint(fields=["buyer", "idempotency_key"], name="purchase_key_once_per_buyer"),
            models.CheckConstraint(
                condition=Q(status__in=PurchaseStatus.values), name="purchase_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=PurchaseStatus.SETTLED, entry_id__isnull=False, settled_at__isnull=False)
                | (~Q(status=PurchaseStatus.SETTLED)),
                name="purchase_settled_has_entry",
            ),
            models.CheckConstraint(
                condition=Q(status=PurchaseStatus.QUARANTINED, quarantine_reason__gt="")
                | (~Q(status=PurchaseStatus.QUARANTINED)),
                name="purchase_quarantine_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(reversal__in=ReversalState.values), name="purchase_reversal_known"
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="purchase_newest_first"),
            models.Index(fields=["status", "-started_at", "-id"], name="purchase_by_status"),
            models.Index(
                fields=["reversal", "-started_at", "-id"],
                name="purchase_by_reversal",
                condition=~Q(reversal="none"),
            ),
            models.Index(
                fields=["quarantine_reason", "-started_at", "-id"],
                name="purchase_by_quarantine",
                condition=Q(quarantine_reason__gt=""),
            ),
            models.Index(fields=["buyer", "-started_at"], name="purchase_by_buyer"),
            models.Index(fields=["address", "-started_at"], name="purchase_by_address"),
            models.Index(
                fields=["expires_at"],
                name="purchase_pending_by_expiry",
                condition=Q(status__in=["started", "open", "processing"]),
            ),
            models.Index(
                fields=["settled_at"], name="purchase_by_credit", condition=Q(settled_at__isnull=False)
            ),
            models.Index(
                fields=["settled_at"],
                name="purchase_unchecked",
                condition=Q(status="settled", sale_checked_at__isnull=True),
            ),
            models.Index(
                fields=["closed_at"],
                name="purchase_uncredited",
                condition=Q(settled_at__isnull=True, quarantine_reason__gt=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} {self.id}"

    @property
    def total_tokens(self) -> int:
        """What the buyer gets: tokens and bonus."""
        return self.tokens + self.bonus_tokens

    @property
    def tokens_expire_at(self) -> datetime | None:
        """When those of its tokens expire that are not used by then; None while they are not credited, or never."""
        if self.settled_at is None or self.tokens_expire_after_days is None:
            return None
        return self.settled_at + timedelta(days=self.tokens_expire_after_days)

    @property
    def expected_by(self) -> datetime | None:
        """By when the bank will have paid or refused, while it is processing the payment."""
        if self.status != PurchaseStatus.PROCESSING:
            return None
        return (self.processing_at or self.started_at) + PROCESSING_WAIT
