"""Purchases: one page each that tells the whole of it, from the start to what Firestore shows."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, customer_link, link, needs
from foundation.admin_forms import ReasonForm, ask_and_act, go_to_page
from foundation.money import in_words
from identity.kinds import Right
from identity.services.actors import staff
from payments.admin.journey import tables_of
from payments.kinds import PENDING, PurchaseStatus
from payments.models import Purchase
from payments.queries.purchases import stuck
from payments.queries.reversals import left_cents
from payments.services import again

PURCHASE_COLOURS = {
    "started": "info",
    "open": "info",
    "processing": "warning",
    "settled": "success",
    "failed": "danger",
    "expired": "primary",
    "canceled": "primary",
    "quarantined": "danger",
    "refunded": "warning",
}

REVERSAL_COLOURS = {
    "none": "info",
    "partial": "warning",
    "full": "warning",
    "disputed": "danger",
    "lost": "danger",
}


class StuckFilter(admin.SimpleListFilter):
    """Purchases that somebody has to look at."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, _request: HttpRequest, _page: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Offer it."""
        return [("stuck", "Stuck")]

    def queryset(self, _request: HttpRequest, purchases: QuerySet[Purchase]) -> QuerySet[Purchase]:
        """Keep those that the dashboard counts."""
        return purchases & stuck(now=timezone.now()) if self.value() == "stuck" else purchases


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyModelAdmin):
    """The list and the page of a purchase. Staff may have Stripe asked how it stands, or the money given back."""

    list_display = ("id", "buyer", "package_id", "total", "price", "state", "reversal_state", "started_at")
    list_filter = ("status", "reversal", StuckFilter, "quarantine_reason", "started_at", "settled_at")
    list_select_related = ("buyer",)
    search_fields = (
        "id",
        "buyer__id",
        "buyer__email__startswith",
        "stripe_session_id__startswith",
        "stripe_payment_intent_id__startswith",
        "buyer__stripe_customer__stripe_customer_id__startswith",
    )
    ordering = ("-started_at", "-id")
    actions = ("ask_stripe_again", "give_back", "release")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "state",
                    "reversal_state",
                    "buyer_link",
                    "package_link",
                    "total",
                    "lifetime",
                    "price",
                    "livemode",
                )
            },
        ),
        ("Until when", {"fields": ("expires_at", "expected_by")}),
        ("If it went wrong", {"fields": ("failure_code", "quarantine_reason")}),
        (
            "At Stripe",
            {
                "fields": (
                    "stripe_session_id",
                    "stripe_payment_intent_id",
                    "stripe_customer_id",
                    "stripe_price_id",
                )
            },
        ),
        (
            "Here",
            {
                "fields": (
                    "id",
                    "idempotency_key",
                    "entry_link",
                    "wallet_link",
                    "wallet_document_id",
                    "address",
                )
            },
        ),
    )
    change_form_outer_before_template = "admin/actions_and_first_table.html"
    change_form_outer_after_template = "admin/related_tables.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show what else is known of the purchase below it."""
        context["first_table"], *context["related_tables"] = tables_of(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Ask only where an answer could change something, and give back only what is there."""
        senseless = set()
        if row.status not in PENDING or not row.stripe_session_id:
            senseless.add("ask_stripe_again")
        if not left_cents(row):
            senseless.add("give_back")
        if row.status != PurchaseStatus.QUARANTINED:
            senseless.add("release")
        return [each for each in super().row_actions(request, row) if each[0] not in senseless]

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Whoever was given the right to give payments back, or to propose it."""
        return any(request.user.has_perm(right) for right in (Right.REFUND_PURCHASE, Right.PROPOSE_REFUND))

    has_ask_permission = needs(Right.ASK_STRIPE)

    @admin.action(description="Give money back…", permissions=["refund"])
    def give_back(self, request: HttpRequest, purchases: QuerySet[Purchase]) -> HttpResponse | None:
        """Ask how much of the payment, and why."""
        return go_to_page(self, request, purchases, name="act_refund")

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Whoever was given the right to settle what was quarantined."""
        return request.user.has_perm(Right.SETTLE_QUARANTINED)

    @admin.action(description="Release and credit…", permissions=["release"])
    def release(self, request: HttpRequest, purchases: QuerySet[Purchase]) -> HttpResponse | None:
        """Ask why what was quarantined is to be credited after all."""
        return go_to_page(self, request, purchases, name="act_release")

    @admin.action(description="Ask Stripe again…", permissions=["ask"])
    def ask_stripe_again(self, request: HttpRequest, purchases: QuerySet[Purchase]) -> HttpResponse | None:
        """Bring each purchase to where Stripe says it stands."""
        actor = staff(request)
        return ask_and_act(
            self,
            request,
            purchases,
            title="Ask Stripe again",
            foretold="Stripe is asked how the payment stands, and the purchase is brought to there: one that was paid "
            "is credited once, one that expired is closed.",
            form_class=ReasonForm,
            action="asked Stripe",
            act=lambda purchase, answers: again.ask_stripe_again(
                purchase_id=purchase.id, reason=answers["reason"], actor=actor, now=timezone.now()
            ),
        )

    @coloured("Status", PURCHASE_COLOURS, ordering="status")
    def state(self, purchase: Purchase) -> str:
        """The status, coloured."""
        return purchase.status

    @coloured("Went back", REVERSAL_COLOURS, ordering="reversal")
    def reversal_state(self, purchase: Purchase) -> str:
        """How much of the payment went back, coloured."""
        return purchase.reversal

    @admin.display(description="Bank's answer by")
    def expected_by(self, purchase: Purchase) -> datetime | None:
        """By when a payment under way is decided."""
        return purchase.expected_by

    @admin.display(description="Tokens")
    def total(self, purchase: Purchase) -> str:
        """What the buyer gets."""
        return (
            f"{purchase.tokens:,} + {purchase.bonus_tokens:,}"
            if purchase.bonus_tokens
            else f"{purchase.tokens:,}"
        )

    @admin.display(description="Unused tokens expire")
    def lifetime(self, purchase: Purchase) -> str:
        """How long after the credit, as it was when it was bought."""
        days = purchase.tokens_expire_after_days
        return f"after {days:,} days" if days else "never"

    @admin.display(description="Price")
    def price(self, purchase: Purchase) -> str:
        """What the buyer pays."""
        return in_words(purchase.price_cents, purchase.currency)

    @admin.display(description="Buyer")
    def buyer_link(self, purchase: Purchase) -> str:
        """Who buys."""
        return customer_link(purchase.buyer_id, purchase.buyer)

    @admin.display(description="Package")
    def package_link(self, purchase: Purchase) -> str:
        """What is bought."""
        return link("tokens.Package", purchase.package_id)

    @admin.display(description="Ledger entry")
    def entry_link(self, purchase: Purchase) -> str:
        """The credit."""
        return link("tokens.Entry", purchase.entry_id)

    @admin.display(description="Wallet")
    def wallet_link(self, purchase: Purchase) -> str:
        """The wallet that is credited."""
        return link("tokens.Wallet", purchase.wallet_account_id)
