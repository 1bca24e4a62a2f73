"""The reconciliation centre: what was compared, and what does not agree; repaired by a click, or taken on as a case."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.timesince import timesince
from unfold.widgets import UnfoldAdminSelectWidget

from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, link, table
from foundation.admin_forms import ReasonForm, ask_and_act
from foundation.money import in_words
from identity.kinds import Right
from identity.queries.users import staff_members
from identity.services.actors import staff
from payments.kinds import DiscrepancyStatus
from payments.models import Discrepancy, ReconciliationRun
from payments.services.reconciliation.cases import (
    assign_discrepancy,
    note_discrepancy,
    repair_discrepancy,
    resolve_discrepancy,
)

SEVERITY_COLOURS = {"low": "info", "medium": "primary", "high": "warning", "critical": "danger"}
STATUS_COLOURS = {"open": "danger", "repaired": "success", "gone": "info", "resolved": "success"}
FORETOLD = {
    "repaired": "It is looked at again, and if it is still there mended by the service that can; if it is gone, it is "
    "closed as gone.",
    "resolved": "The case is closed with what you write. Nothing of what it is about changes.",
    "noted": "What you write is added to the case's history. Nothing else changes.",
    "assigned": "The case is this person's to work on, instead of whoever has it now.",
}
AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class AgeFilter(admin.SimpleListFilter):
    """For how long it has been known."""

    title = "Age"
    parameter_name = "older_than"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The ages there are to choose from."""
        return [(name, f"Over a{'n' * (name == 'hour')} {name}") for name in AGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
        """Those that were seen first before then; anything else than these ages chooses nothing."""
        age = AGES.get(self.value() or "")
        return queryset.filter(first_seen_at__lte=timezone.now() - age) if age else queryset


class CaseAssigneeForm(ReasonForm):
    """Who works on it, and why they."""

    field_order = ("assignee", "reason")
    assignee = forms.TypedChoiceField(coerce=uuid.UUID, choices=staff_members, widget=UnfoldAdminSelectWidget)


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyModelAdmin):
    """The list and the page of a discrepancy; services move it along."""

    has_few_rows = True
    list_display = (
        "what",
        "subject",
        "grade",
        "state",
        "at_risk",
        "age",
        "is_safe",
        "last_seen_at",
    )
    list_filter = ("status", "check_name", "severity", AgeFilter, "is_safe")
    search_fields = ("id", "purchase_id", "subject__startswith")
    ordering = ("-last_seen_at", "-id")
    actions = ("repair", "assign", "note", "resolve")
    change_form_outer_after_template = "admin/related_tables.html"
    fieldsets = (
        (None, {"fields": ("what", "subject", "words", "grade", "state", "is_safe")}),
        ("What it is about", {"fields": ("at_risk", "purchase", "about_at")}),
        ("When", {"fields": ("check_name", "first_seen_at", "last_seen_at", "times_seen", "age")}),
        ("What was done", {"fields": ("assigned_to", "ended_at", "ended_by")}),
    )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show below it what was noted."""
        notes = context["original"].notes.all()
        rows = ((f"{note.written_at:%Y-%m-%d %H:%M}", note.written_by, note.words) for note in notes)
        context["related_tables"] = [("Notes", table(("When", "Who", "What"), rows))] if notes else []
        return super().render_change_form(request, context, *args, **kwargs)

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """What has ended is not touched any more, and what needs a person has no repair."""
        actions = super().row_actions(request, row)
        if row.status != DiscrepancyStatus.OPEN:
            return []
        return actions if row.is_safe else [each for each in actions if each[0] != "repair"]

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever was given the right; the service asks again."""
        return request.user.has_perm(Right.HANDLE_DISCREPANCY.value)

    @admin.action(description="Repair…", permissions=["act"])
    def repair(self, request: HttpRequest, rows: QuerySet[Discrepancy]) -> HttpResponse | None:
        """Look at each again, and mend what is still there."""
        return self._ask(request, rows, "Repair", "repaired", repair_discrepancy)

    @admin.action(description="Resolve…", permissions=["act"])
    def resolve(self, request: HttpRequest, rows: QuerySet[Discrepancy]) -> HttpResponse | None:
        """Close the cases with what came of them."""
        return self._ask(request, rows, "Resolve", "resolved", resolve_discrepancy)

    @admin.action(description="Add a note…", permissions=["act"])
    def note(self, request: HttpRequest, rows: QuerySet[Discrepancy]) -> HttpResponse | None:
        """Write something down."""
        return self._ask(request, rows, "Add a note", "noted", _note)

    @admin.action(description="Assign…", permissions=["act"])
    def assign(self, request: HttpRequest, rows: QuerySet[Discrepancy]) -> HttpResponse | None:
        """Give the cases to a member of staff."""
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            rows,
            title="Assign",
            foretold=FORETOLD["assigned"],
            form_class=CaseAssigneeForm,
            action="assigned",
            act=lambda row, answers: assign_discrepancy(
                discrepancy_id=row.id,
                assignee_id=answers["assignee"],
                reason=answers["reason"],
                actor=actor,
                now=now,
            ),
        )

    def _ask(
        self, request: HttpRequest, rows: QuerySet[Discrepancy], title: str, action: str, service: Any
    ) -> HttpResponse | None:
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            rows,
            title=title,
            foretold=FORETOLD[action],
            form_class=ReasonForm,
            action=action,
            act=lambda row, answers: service(
                discrepancy_id=row.id, reason=answers["reason"], actor=actor, now=now
            ),
        )

    @admin.display(description="What", ordering="kind")
    def what(self, row: Discrepancy) -> str:
        """The kind, in words."""
        return row.kind.replace("_", " ").capitalize()

    @coloured("Severity", SEVERITY_COLOURS, ordering="severity")
    def grade(self, row: Discrepancy) -> str:
        """The severity, coloured."""
        return row.severity

    @coloured("Status", STATUS_COLOURS, ordering="status")
    def state(self, row: Discrepancy) -> str:
        """The status, coloured."""
        return row.status

    @admin.display(description="At risk")
    def at_risk(self, row: Discrepancy) -> str:
        """Tokens and money."""
        money = in_words(row.cents_at_risk, row.currency) if row.currency else ""
        tokens = f"{row.tokens_at_risk:,} tokens" if row.tokens_at_risk else ""
        return ", ".join(filter(None, (tokens, money))) or DASH

    @admin.display(description="Age", ordering="-first_seen_at")
    def age(self, row: Discrepancy) -> str:
        """For how long it was, or has been, there."""
        return timesince(row.first_seen_at, row.ended_at or timezone.now())

    @admin.display(description="Purchase")
    def purchase(self, row: Discrepancy) -> str:
        """The purchase that it is about."""
        return link("payments.Purchase", row.purchase_id)

    @admin.display(description="Assigned to")
    def assigned_to(self, row: Discrepancy) -> str:
        """Who works on it."""
        return link("identity.User", row.assignee)


def _note(*, discrepancy_id: uuid.UUID, reason: str, actor: Any, now: datetime) -> None:
    note_discrepancy(discrepancy_id=discrepancy_id, words=reason, actor=actor, now=now)


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(ReadOnlyModelAdmin):
    """The list and the page of a run: one check, made once."""

    has_few_rows = True
    list_display = (
        "check_name",
        "how",
        "looked_at",
        "found",
        "repaired",
        "at_risk",
        "repairs",
        "started_at",
        "started_by",
    )
    list_filter = ("check_name", "repairs")
    search_fields = ("id",)
    ordering = ("-started_at", "-id")
    fields = (
        *("check_name", "how", "since", "started_at", "finished_at", "started_by", "repairs"),
        *("looked_at", "found", "repaired", "at_risk", "left_out"),
    )

    @coloured("How it went", {"in full": "success", "in part": "warning", "not finished": "danger"})
    def how(self, run: ReconciliationRun) -> str:
        """Whether it saw all that it should."""
        if run.finished_at is None:
            return "not finished"
        return "in part" if run.left_out else "in full"

    @admin.display(description="At risk, unrepaired")
    def at_risk(self, run: ReconciliationRun) -> str:
        """Tokens and money."""
        money = [in_words(cents, currency) for currency, cents in run.cents_at_risk.items()]
        tokens = [f"{run.tokens_at_risk:,} tokens"] if run.tokens_at_risk else []
        return ", ".join([*tokens, *money]) or DASH
