"""Refusals by limits: read, and labelled."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, customer_link, link, needs
from foundation.admin_forms import ReasonForm, ask_and_act
from identity.kinds import Right
from identity.services.actors import staff
from security.admin.customer_limits import label_of, limits_panel
from security.models import LimitRefusal
from security.services.limit_refusals import label_refusal

MISTAKE_FORETOLD = (
    "The refusal is labelled a mistake: it counts as one on the dashboard, and no longer against the customer in what "
    "looks for abuse. What was refused stays refused: an override lets the customer buy."
)
RIGHT_FORETOLD = "The refusal is labelled right: the limit did what it is for. No limit changes."


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

    @admin.action(description="It was a mistake…", permissions=["label"])
    def label_mistake(self, request: HttpRequest, refusals: QuerySet[LimitRefusal]) -> HttpResponse | None:
        """They should have been let through."""
        return self._label(request, refusals, is_mistake=True)

    @admin.action(description="It was right…", permissions=["label"])
    def label_right(self, request: HttpRequest, refusals: QuerySet[LimitRefusal]) -> HttpResponse | None:
        """The limit did what it is for."""
        return self._label(request, refusals, is_mistake=False)

    def _label(
        self, request: HttpRequest, refusals: QuerySet[LimitRefusal], *, is_mistake: bool
    ) -> HttpResponse | None:
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            refusals,
            title="It was a mistake" if is_mistake else "It was right",
            foretold=MISTAKE_FORETOLD if is_mistake else RIGHT_FORETOLD,
            form_class=ReasonForm,
            action="labelled",
            act=lambda refusal, answers: label_refusal(
                refusal_id=refusal.id, is_mistake=is_mistake, reason=answers["reason"], actor=actor, now=now
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
