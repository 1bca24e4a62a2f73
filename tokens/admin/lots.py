"""Where wallets' tokens came from, and what services have set aside."""

from django.contrib import admin
from django.utils.html import format_html

from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, link
from foundation.admin_lists import one_of
from identity.queries.api_keys import services
from tokens.kinds import HoldStatus
from tokens.models import Hold, Lot


@admin.register(Lot)
class LotAdmin(ReadOnlyModelAdmin):
    """The list and the page of a lot. Entries move it, and nobody else."""

    list_display = ("origin", "owner", "amount", "remaining", "held", "cost_cents", "expires_at", "opened_at")
    list_filter = ("kind",)
    list_select_related = ("account__owner", "entry")
    # By the wallet's entries, which are indexed: of a wallet's lots only the open ones are.
    search_fields = (
        "id",
        "entry__postings__account__id",
        "entry__postings__account__owner__email__startswith",
        "entry__purchase_id",
    )
    ordering = ("-id",)
    fields = (
        "id",
        "origin",
        "owner",
        "opened_by",
        "amount",
        "remaining",
        "held",
        "cost_cents",
        "expires_at",
        "opened_at",
    )

    @coloured("Kind", ordering="kind")
    def origin(self, lot: Lot) -> str:
        """How the wallet came by it."""
        return lot.kind

    @admin.display(description="Wallet")
    def owner(self, lot: Lot) -> str:
        """Whose it is."""
        return link("tokens.Wallet", lot.account_id, lot.account.owner)

    @admin.display(description="Opened by")
    def opened_by(self, lot: Lot) -> str:
        """The entry that brought it."""
        return link("tokens.Entry", lot.entry_id, lot.entry.reference)


@admin.register(Hold)
class HoldAdmin(ReadOnlyModelAdmin):
    """The list and the page of a hold. Its service resolves it, or its time does."""

    list_display = ("service", "owner", "state", "amount", "captured", "placed_at", "expires_at")
    list_filter = ("status", one_of("service", lambda: [(name, name) for name in services()]))
    list_select_related = ("account__owner",)
    search_fields = ("id", "account__id", "account__owner__email__startswith", "reference__startswith")
    ordering = ("-id",)
    fields = (
        "id",
        "service",
        "owner",
        "state",
        "amount",
        "captured",
        "reason",
        "spent_by",
        "placed_at",
        "expires_at",
        "resolved_at",
    )

    @coloured(
        "Status",
        {
            HoldStatus.PLACED: "warning",
            HoldStatus.CAPTURED: "success",
            HoldStatus.RELEASED: "info",
            HoldStatus.EXPIRED: "info",
        },
        ordering="status",
    )
    def state(self, hold: Hold) -> str:
        """How it stands."""
        return hold.status

    @admin.display(description="Wallet")
    def owner(self, hold: Hold) -> str:
        """In whose wallet it is."""
        return link("tokens.Wallet", hold.account_id, hold.account.owner)

    @admin.display(description="Reason")
    def reason(self, hold: Hold) -> str:
        """What the service gave as its reason, if it was not erased."""
        note = getattr(hold, "note", None)
        return format_html("{}", note.reason) if note else DASH

    @admin.display(description="Spent by")
    def spent_by(self, hold: Hold) -> str:
        """The entry of its capture."""
        return link("tokens.Entry", hold.entry_id)
