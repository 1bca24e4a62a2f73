"""Refusals by limits: read, and labelled."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, customer_link, link, needs
from identity.kinds import Right
from identity.services.actors import staff
from security.admin.customer_limits import label_of, limits_panel
from security.models import LimitRefusal
from security.services.limit_refusals import label_refusal


@admin.register(LimitRefusal)
class LimitRefusalAdmin(ReadOnlyModelAdmin):
    """The list and the page of refusals; staff say of each whether it was a mistake."""

    list_display = ("limit", "user", "allowed", "count", "judgement", "last_refused_at", "ends_at")
    list_filter = ("limit", "is_mistake", "last_refused_at")
    list_select_related = ("user",)
    search_fields = ("id", "user__id", "user__email__startswith")
    ordering = ("-last_refused_at", "-id")
    actions = ("label_mistake", "label_right")
    has_label_permission = needs(Right.LABEL_REFUSAL)
    change_form_outer_after_template = "admin/related_tables.html"
    fieldsets = (
        (None, {"fields": ("customer", "limit", "allowed", "count", "address")}),
        ("When", {"fields": ("starts_at", "ends_at", "first_refused_at", "last_refused_at")}),
        ("What staff say", {"fields": ("judgement", "labelled_at", "labeller")}),
    )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show below it what holds for this customer and why."""
        context["related_tables"] = limits_panel(request, context["original"].user)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="It was a mistake", permissions=["label"])
    def label_mistake(self, request: HttpRequest, refusals: QuerySet[LimitRefusal]) -> None:
        """They should have been let through."""
        self._label(request, refusals, is_mistake=True)

    @admin.action(description="It was right", permissions=["label"])
    def label_right(self, request: HttpRequest, refusals: QuerySet[LimitRefusal]) -> None:
        """The limit did what it is for."""
        self._label(request, refusals, is_mistake=False)

    def _label(self, request: HttpRequest, refusals: QuerySet[LimitRefusal], *, is_mistake: bool) -> None:
        actor, now = staff(request), timezone.now()
        self.act_on_each(
            request,
            refusals,
            action="labelled",
            act=lambda refusal: label_refusal(
                refusal_id=refusal.id, is_mistake=is_mistake, actor=actor, now=now
            ),
        )

    @coloured(
        "Mistake?", {"mistake": "danger", "right": "success", "not judged": "info"}, ordering="is_mistake"
    )
    def judgement(self, refusal: LimitRefusal) -> str:
        """What staff say of it."""
        return label_of(refusal)

    @admin.display(description="Customer")
    def customer(self, refusal: LimitRefusal) -> str:
        """Who was refused."""
        return customer_link(refusal.user_id, refusal.user)

    @admin.display(description="Labelled by")
    def labeller(self, refusal: LimitRefusal) -> str:
        """Who said so."""
        return link("identity.User", refusal.labelled_by)
