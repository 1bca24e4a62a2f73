"""Refunds and disputes: what has gone back of payments, as Stripe tells it."""

from typing import Any

from django.contrib import admin

from foundation.admin import ReadOnlyModelAdmin, coloured, customer_link, link
from foundation.money import in_words
from payments.models import Dispute, Refund

REFUND_COLOURS = {
    "requested": "info",
    "pending": "warning",
    "succeeded": "success",
    "failed": "danger",
    "canceled": "primary",
}
DISPUTE_COLOURS = {
    "warning_needs_response": "warning",
    "warning_under_review": "warning",
    "warning_closed": "primary",
    "needs_response": "danger",
    "under_review": "warning",
    "prevented": "primary",
    "won": "success",
    "lost": "danger",
}


class MoneyBackAdmin(ReadOnlyModelAdmin):
    """What both pages have: the amount, the status, and the purchase."""

    list_select_related = ("purchase__buyer",)

    @admin.display(description="Amount", ordering="amount_cents")
    def amount(self, row: Any) -> str:
        """How much, in the payment's currency."""
        return in_words(row.amount_cents, row.currency)

    @admin.display(description="Purchase")
    def purchase_link(self, row: Any) -> str:
        """The purchase whose payment it is."""
        return link("payments.Purchase", row.purchase_id)

    @admin.display(description="Buyer")
    def buyer(self, row: Any) -> str:
        """Whose purchase it is."""
        return customer_link(row.purchase.buyer_id, row.purchase.buyer)


@admin.register(Refund)
class RefundAdmin(MoneyBackAdmin):
    """The list and the page of a refund. It is started on the purchase's page."""

    list_display = ("__str__", "buyer", "amount", "state", "reason", "requested_by", "created_at")
    list_filter = ("status", "reason", "created_at")
    search_fields = (
        "id",
        "stripe_refund_id__startswith",
        "purchase__id",
        "purchase__stripe_payment_intent_id__startswith",
    )
    ordering = ("-created_at", "-id")
    fieldsets = (
        (None, {"fields": ("state", "amount", "purchase_link", "buyer", "reason", "failure_reason")}),
        ("Who asked for it", {"fields": ("requested_by", "checked_by", "note", "idempotency_key")}),
        ("When", {"fields": ("created_at", "asked_stripe_at", "ended_at")}),
        ("At Stripe", {"fields": ("stripe_refund_id",)}),
    )

    @coloured("Status", REFUND_COLOURS, ordering="status")
    def state(self, refund: Refund) -> str:
        """The status, coloured."""
        return refund.status


@admin.register(Dispute)
class DisputeAdmin(MoneyBackAdmin):
    """The list and the page of a dispute. Evidence is given at Stripe."""

    list_display = ("__str__", "buyer", "amount", "state", "reason", "evidence_due_at", "opened_at")
    has_few_rows = True
    list_filter = ("status", "is_withheld")
    search_fields = (
        "id",
        "stripe_dispute_id__startswith",
        "stripe_charge_id__startswith",
        "purchase__id",
        "purchase__stripe_payment_intent_id__startswith",
    )
    ordering = ("-opened_at",)
    fieldsets = (
        (None, {"fields": ("state", "amount", "purchase_link", "buyer", "reason")}),
        ("Its money", {"fields": ("is_withheld", "movements")}),
        ("When", {"fields": ("opened_at", "evidence_due_at", "closed_at")}),
        ("At Stripe", {"fields": ("stripe_dispute_id", "stripe_charge_id")}),
    )

    @coloured("Status", DISPUTE_COLOURS, ordering="status")
    def state(self, dispute: Dispute) -> str:
        """The status, coloured."""
        return dispute.status
