"""The ledger's entries, each with its postings. There is nothing to edit: what is wrong is reversed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, link, table
from foundation.admin_forms import go_to_page
from foundation.admin_lists import one_of
from identity.kinds import Right
from tokens.kinds import AccountKind
from tokens.models import Entry, Posting
from tokens.queries.packages import package_names


@admin.register(Entry)
class EntryAdmin(ReadOnlyModelAdmin):
    """The list and the page of an entry."""

    list_display = ("reference", "kind", "package_code", "created_at")
    list_filter = ("type", one_of("package_code", package_names, title="package"), "created_at")
    search_fields = ("id", "reference__startswith", "purchase_id")
    ordering = ("-created_at", "-id")
    fields = ("id", "kind", "reference", "package_code", "purchase", "created_at")
    change_form_outer_after_template = "admin/related_tables.html"
    actions = ("reverse",)

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        """Whoever was given the right to reverse entries, or to propose it."""
        return any(request.user.has_perm(right) for right in (Right.REVERSE_ENTRY, Right.PROPOSE_ADJUSTMENT))

    @admin.action(description="Reverse…", permissions=["reverse"])
    def reverse(self, request: HttpRequest, entries: QuerySet[Entry]) -> HttpResponse | None:
        """Ask why the entry is to be undone by another."""
        return go_to_page(self, request, entries, name="act_reverse")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the entry's postings below it."""
        context["related_tables"] = [("Postings", _postings_of(context["original"]))]
        return super().render_change_form(request, context, *args, **kwargs)

    @coloured("Type", ordering="type")
    def kind(self, entry: Entry) -> str:
        """Why tokens moved."""
        return entry.type

    @admin.display(description="Purchase")
    def purchase(self, entry: Entry) -> str:
        """The purchase that it credits."""
        return link("payments.Purchase", entry.purchase_id)


def _postings_of(entry: Entry) -> dict[str, Any]:
    postings: QuerySet[Posting] = entry.postings.select_related("account__owner").order_by("line")
    return table(
        ("Line", "Account", "Amount", "Wallet's seq", "Balance after"),
        (
            (line.line, _account(line), f"{line.amount:+,}", _or_dash(line.seq), _or_dash(line.balance_after))
            for line in postings
        ),
    )


def _account(posting: Posting) -> str:
    account = posting.account
    if account.kind == AccountKind.WALLET:
        return link("tokens.Wallet", account.pk, account.owner)
    return str(account.get_kind_display())


def _or_dash(number: int | None) -> str:
    return DASH if number is None else f"{number:,}"
