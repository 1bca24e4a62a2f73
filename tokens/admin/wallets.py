"""Wallets, each with its latest postings."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, customer_link, link, may, needs, table
from foundation.admin_forms import ReasonForm, ask_and_act, go_to_page
from foundation.ids import new_id
from foundation.limits import PAGE_SIZE
from identity.kinds import Right
from identity.services.actors import staff
from tokens.admin.freezes import reason_of
from tokens.kinds import FreezeCause, FreezeStep
from tokens.models import Freeze, Wallet
from tokens.queries.entries import history_of
from tokens.queries.freezes import freezes_of
from tokens.services.wallets import freeze


@admin.register(Wallet)
class WalletAdmin(ReadOnlyModelAdmin):
    """The list and the page of a wallet."""

    list_display = ("owner", "state", "balance", "held", "debt", "seq", "updated_at")
    list_filter = ("status",)
    list_select_related = ("account__owner",)
    search_fields = ("account__id", "document_id", "account__owner__id", "account__owner__email__startswith")
    ordering = ("-account_id",)
    fieldsets = (
        (None, {"fields": ("customer", "state", "balance", "held", "debt")}),
        (
            "Since it was opened",
            {"fields": ("total_purchased", "total_earned", "total_spent", "opened_at", "updated_at")},
        ),
        ("Mirror", {"fields": ("account_id", "document_id", "seq", "version")}),
    )
    actions = ("adjust", "freeze")
    change_form_outer_after_template = "admin/related_tables.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the wallet's freezes and latest postings below it."""
        wallet = context["original"]
        context["related_tables"] = [
            *([("Freezes", _freezes(wallet))] if may(request, "view", Freeze) else []),
            (f"Latest {PAGE_SIZE} postings", _latest_postings(wallet)),
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def has_adjust_permission(self, request: HttpRequest) -> bool:
        """Whoever was given the right to adjust wallets, or to propose it."""
        return any(request.user.has_perm(right) for right in (Right.ADJUST, Right.PROPOSE_ADJUSTMENT))

    @admin.action(description="Adjust tokens…", permissions=["adjust"])
    def adjust(self, request: HttpRequest, wallets: QuerySet[Wallet]) -> HttpResponse | None:
        """Ask how many tokens are given or taken, and why."""
        return go_to_page(self, request, wallets, name="act_adjust")

    has_freeze_permission = needs(Right.FREEZE_WALLET)

    @admin.action(description="Freeze…", permissions=["freeze"])
    def freeze(self, request: HttpRequest, wallets: QuerySet[Wallet]) -> HttpResponse | None:
        """Have nothing bought or spent until somebody lifts it; credits pass. Each time is a freeze of its own."""
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            wallets,
            title="Freeze",
            foretold="Nothing is bought with the wallet or spent from it until the freeze is lifted; credits pass.",
            form_class=ReasonForm,
            action="frozen",
            act=lambda wallet, answers: freeze(
                account_id=wallet.pk,
                cause=FreezeCause.STAFF,
                reference=str(new_id()),
                reason=answers["reason"],
                actor=actor,
                now=now,
            ),
        )

    @admin.display(description="Owner")
    def owner(self, wallet: Wallet) -> str:
        """Whose it is."""
        return str(wallet.account.owner)

    @admin.display(description="Owner")
    def customer(self, wallet: Wallet) -> str:
        """Whose it is, with the page of all that is known of them."""
        return customer_link(wallet.account.owner_id, wallet.account.owner)

    @coloured("Status", {"active": "success", "frozen": "danger", "closed": "info"}, ordering="status")
    def state(self, wallet: Wallet) -> str:
        """The status, coloured."""
        return wallet.status


def _freezes(wallet: Wallet) -> dict[str, Any]:
    return table(
        ("Cause", "Reference", "Since", "Reason", "Lifted"),
        (
            (
                freeze.get_cause_display(),
                link("tokens.Freeze", freeze.id, freeze.reference),
                f"{freeze.frozen_at:%Y-%m-%d %H:%M:%S}",
                reason_of(freeze, FreezeStep.FREEZE),
                f"{freeze.lifted_at:%Y-%m-%d %H:%M:%S}" if freeze.lifted_at else DASH,
            )
            for freeze in freezes_of(wallet.pk)[:PAGE_SIZE]
        ),
    )


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
