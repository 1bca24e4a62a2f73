"""The outbox: what waits to be mirrored, and what was given up."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, needs
from foundation.admin_forms import ReasonForm, ask_and_act
from foundation.admin_lists import one_of
from identity.kinds import Right
from identity.services.actors import staff
from mirror.admin.subjects import of_kinds
from mirror.errors import NotParked
from mirror.models import OutboxRow
from mirror.services.outbox import retry_parked
from mirror.services.projections import kinds

RETRY = "retry"
RETRY_FORETOLD = (
    "The row is due at once, its attempts are forgotten, and a worker writes to Firestore what the subject is now. "
    "A row that is not parked stays as it is."
)


class ParkedFilter(admin.SimpleListFilter):
    """Rows that wait, or that were given up."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _page: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Offer both."""
        return [("due", "Due"), ("parked", "Parked")]

    def queryset(self, _request: HttpRequest, rows: QuerySet[OutboxRow]) -> QuerySet[OutboxRow]:
        """Keep the chosen ones."""
        if self.value() not in {"due", "parked"}:
            return rows
        return rows.filter(parked_at__isnull=self.value() == "due")


@admin.register(OutboxRow)
class OutboxRowAdmin(ReadOnlyModelAdmin):
    """Rows are made by changes and removed by deliveries; staff may have a parked one tried again."""

    list_display = (
        "subject_id",
        "kind",
        "state",
        "generation",
        "attempts",
        "last_error",
        "stale_since",
        "due_at",
    )
    list_filter = (ParkedFilter, one_of("kind", of_kinds))
    search_fields = ("subject_id",)
    ordering = ("id",)
    actions = (RETRY,)
    has_retry_permission = needs(Right.RETRY_MIRROR)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a subject by its kind and id together, as the table's only index of subjects has them."""
        term = search_term.strip()
        return (queryset.filter(kind__in=kinds(), subject_id=term) if term else queryset), False

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Only a parked row can be tried again."""
        return super().row_actions(request, row) if row.parked_at else []

    @admin.action(description="Try again…", permissions=["retry"])
    def retry(self, request: HttpRequest, rows: QuerySet[OutboxRow]) -> HttpResponse | None:
        """Make parked rows due again."""
        actor, now = staff(request), timezone.now()

        def retry_one(row: OutboxRow, answers: dict[str, Any]) -> None:
            if not retry_parked(row_ids=[row.id], reason=answers["reason"], actor=actor, now=now):
                raise NotParked

        return ask_and_act(
            self,
            request,
            rows,
            title="Try again",
            foretold=RETRY_FORETOLD,
            form_class=ReasonForm,
            action="tried again",
            act=retry_one,
        )

    @coloured("State", {"parked": "danger", "leased": "info", "due": "warning"})
    def state(self, row: OutboxRow) -> str:
        """Where the row stands."""
        if row.parked_at:
            return "parked"
        return "leased" if row.leased_until else "due"
