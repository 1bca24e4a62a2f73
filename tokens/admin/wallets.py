"""Wallets, each with its latest postings."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from foundation.admin import ReadOnlyModelAdmin, coloured, link, table
from foundation.limits import PAGE_SIZE
from tokens.models import Wallet
from tokens.queries.entries import history_of


@admin.register(Wallet)
class WalletAdmin(ReadOnlyModelAdmin):
    """The list and the page of a wallet."""

    list_display = ("owner", "state", "balance", "held", "debt", "seq", "updated_at")
    list_filter = ("status",)
    list_select_related = ("account__owner",)
    search_fields = ("account__id", "document_id", "account__owner__id", "account__owner__email__startswith")
    ordering = ("-account_id",)
    fieldsets = (
        (None, {"fields": ("owner", "state", "balance", "held", "debt")}),
        (
            "Since it was opened",
            {"fields": ("total_purchased", "total_earned", "total_spent", "opened_at", "updated_at")},
        ),
        ("Mirror", {"fields": ("account_id", "document_id", "seq", "version")}),
    )
    change_form_outer_after_template = "admin/related_tables.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the wallet's latest postings below it."""
        context["related_tables"] = [(f"Latest {PAGE_SIZE} postings", _latest_postings(context["original"]))]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Owner")
    def owner(self, wallet: Wallet) -> str:
        """Whose it is."""
        return str(wallet.account.owner)

    @coloured("Status", {"active": "success", "frozen": "danger", "closed": "info"}, ordering="status")
    def state(self, wallet: Wallet) -> str:
        """The status, coloured."""
        return wallet.status


def _latest_postings(wallet: Wallet) -> dict[str, Any]:
    owner_id = wallet.account.owner_id
    postings = history_of(owner_id)[:PAGE_SIZE] if owner_id else []
    return table(
        ("Seq", "Type", "Entry", "Amount", "Balance after", "When"),
        (
            (
                posting.seq,
                posting.entry.get_type_display(),
                link("tokens.Entry", posting.entry_id, posting.entry.reference),
                f"{posting.amount:+,}",
                f"{posting.balance_after:,}",
                f"{posting.entry.created_at:%Y-%m-%d %H:%M:%S}",
            )
            for posting in postings
        ),
    )
