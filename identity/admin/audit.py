"""The audit trail as staff read it: nobody writes it here."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, link, pretty
from foundation.limits import ADMIN_SEARCH_HITS_MAX
from identity.kinds import ActorKind
from identity.models import AuditRecord
from identity.queries.audit import actions_recorded, sought, with_names

REASON_LENGTH_IN_LIST = 80


class SubjectFilter(admin.SimpleListFilter):
    """One row's records: where the pages of rows lead to. It is offered where it is asked for, to be taken off."""

    title = "row"
    parameter_name = "subject"

    def lookups(self, request: HttpRequest, _page: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """The row that was asked for."""
        asked = request.GET.get(self.parameter_name, "")
        return [(asked, asked.replace(":", " "))] if asked else []

    def queryset(self, _request: HttpRequest, records: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        """Keep what was done to it."""
        kind, _, subject_id = (self.value() or "").partition(":")
        return records.filter(subject_kind=kind, subject_id=subject_id) if kind else records


class ActionFilter(admin.SimpleListFilter):
    """What was done."""

    title = "what"
    parameter_name = "action"

    def lookups(self, _request: HttpRequest, _page: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """What was ever done."""
        return [(action, action) for action in actions_recorded()]

    def queryset(self, _request: HttpRequest, records: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        """Keep that."""
        return records.filter(action=self.value()) if self.value() else records


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyModelAdmin):
    """Who did what to what, when, why, and from where."""

    list_display = ("at", "who", "what", "subject", "why", "address")
    list_filter = (SubjectFilter, ActionFilter, "actor_kind", "at")
    search_fields = ("id",)
    search_help_text = "A person's e-mail address or id, a row's id, or an action such as wallet.freeze."
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("at", "who", "address", "what", "subject", "reason")}),
        ("Facts", {"fields": ("known_facts", "id")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditRecord]:
        """The records, with the names of those who acted."""
        return with_names(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By who acted, what was done, or what it was done to."""
        term = search_term.strip()
        return (queryset.filter(sought(term, most=ADMIN_SEARCH_HITS_MAX)) if term else queryset), False

    @admin.display(description="Who", ordering="actor_id")
    def who(self, record: AuditRecord) -> str:
        """The person by name, or what kind of machine it was."""
        if record.actor_kind == ActorKind.STAFF:
            return link("identity.User", record.actor_id, getattr(record, "actor_name", None))
        return f"{record.get_actor_kind_display()} {record.actor_id}".strip()

    @coloured("What", ordering="action")
    def what(self, record: AuditRecord) -> str:
        """The action's code."""
        return record.action

    @admin.display(description="To what")
    def subject(self, record: AuditRecord) -> str:
        """The row, with a link to its page where it has one."""
        model = _model_of(record.subject_kind)
        words = f"{record.subject_kind} {record.subject_id}"
        return words if model is None else link(model, record.subject_id, words)

    @admin.display(description="Why")
    def why(self, record: AuditRecord) -> str:
        """The beginning of the reason."""
        long = len(record.reason) > REASON_LENGTH_IN_LIST
        return (record.reason[:REASON_LENGTH_IN_LIST] + "…" if long else record.reason) or DASH

    @admin.display(description="Facts")
    def known_facts(self, record: AuditRecord) -> str:
        """Codes, ids and numbers."""
        return pretty(record.facts)


def _model_of(subject_kind: str) -> type[models.Model] | None:
    """The table whose page shows such a row. Nothing is done here to Stripe's copies, whose names are like ours."""
    pages = admin.site._registry  # noqa: SLF001 - there is no public list
    ours = (model for model in pages if model._meta.app_label != "djstripe")
    return next((model for model in ours if model._meta.model_name == subject_kind), None)
