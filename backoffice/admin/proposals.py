"""Proposals: what one person asked for, and another decides."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from backoffice.admin.acts.urls import act_urls
from backoffice.admin.proposal_words import size_of
from backoffice.kinds import ProposalKind
from backoffice.models import Proposal
from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, link
from foundation.admin_forms import go_to_page
from identity.kinds import Right

SUBJECTS = {
    ProposalKind.ADJUSTMENT: "tokens.Wallet",
    ProposalKind.REVERSAL: "tokens.Entry",
    ProposalKind.REFUND: "payments.Purchase",
}
STATUS_COLOURS = {"proposed": "warning", "approved": "success", "rejected": "danger", "expired": "info"}


class ProposalAdmin(ReadOnlyModelAdmin):
    """The list and the page of a proposal."""

    list_display = ("what", "size", "state", "maker", "proposed_at", "expires_at", "checker")
    has_few_rows = True
    list_filter = ("status", "kind")
    list_select_related = ("maker", "checker")
    search_fields = ("id", "account_id", "subject_id", "maker__email__startswith")
    ordering = ("-proposed_at",)
    actions = ("decide",)
    fieldsets = (
        (None, {"fields": ("what", "state", "subject", "size", "wallet", "wallet_seq", "reason")}),
        ("Proposed", {"fields": ("maker", "proposed_at", "expires_at")}),
        ("Decided", {"fields": ("checker", "decided_at", "answer", "done_at")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """The pages on which proposals are made and decided, besides the list and the page of one."""
        return [*act_urls(self.admin_site.admin_view), *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whoever was given the right to approve. Nobody decides their own: the service and the database see to it."""
        return request.user.has_perm(Right.APPROVE_PROPOSAL)

    def row_actions(self, request: HttpRequest, row: Proposal) -> list[tuple[str, str]]:
        """Only what still waits, and for somebody else, is decided."""
        waits = row.status_at(timezone.now()) == "proposed" and row.maker_id != request.user.pk
        return super().row_actions(request, row) if waits else []

    @admin.action(description="Decide…", permissions=["decide"])
    def decide(self, request: HttpRequest, proposals: QuerySet[Proposal]) -> HttpResponse | None:
        """Go to the page that shows what it would do now."""
        return go_to_page(self, request, proposals, name="act_decide")

    @admin.display(description="What", ordering="kind")
    def what(self, proposal: Proposal) -> str:
        """What is asked for."""
        return proposal.get_kind_display()

    @admin.display(description="Amount", ordering="amount")
    def size(self, proposal: Proposal) -> str:
        """How much."""
        return size_of(proposal)

    @coloured("Status", STATUS_COLOURS, ordering="status")
    def state(self, proposal: Proposal) -> str:
        """How it stands now."""
        return proposal.status_at(timezone.now()).value

    @admin.display(description="About")
    def subject(self, proposal: Proposal) -> str:
        """The row that it is about."""
        label = SUBJECTS.get(ProposalKind(proposal.kind))
        return link(label, proposal.subject_id) if label else DASH

    @admin.display(description="Wallet")
    def wallet(self, proposal: Proposal) -> str:
        """The wallet that the decision hangs on."""
        return link("tokens.Wallet", proposal.account_id)


def register_proposals() -> None:
    """Give proposals their pages."""
    admin.site.register(Proposal, ProposalAdmin)
