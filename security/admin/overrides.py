"""Overrides: granted, read, revoked."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, customer_link, link, needs
from foundation.admin_forms import ReasonForm, ask_and_act
from foundation.errors import Refusal
from identity.kinds import Right
from identity.services.actors import staff
from security.admin.customer_limits import limits_panel
from security.kinds import OverrideKind, OverrideStatus
from security.models import Override
from security.services.overrides import check_override, grant_override, revoke_override

ASKED = ("user", "kind", "hourly_max", "daily_max", "reason", "ends_at")
USUAL_LENGTH = timedelta(days=7)


class GrantForm(forms.ModelForm[Override]):
    """What to grant to whom. The service says in words what is no override."""

    def clean(self) -> dict[str, Any]:
        """Ask the service before anything is done."""
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_override(
                    kind=asked["kind"],
                    reason=asked["reason"],
                    ends_at=asked["ends_at"],
                    numbers=(asked["hourly_max"], asked["daily_max"]),
                    now=timezone.now(),
                )
            except Refusal as refusal:
                raise forms.ValidationError(refusal.detail) from refusal
        return asked

    def validate_constraints(self) -> None:
        """The database's guards speak of columns; the service has spoken of all that they hold."""


@admin.register(Override)
class OverrideAdmin(ReadOnlyModelAdmin):
    """The list, the page and the granting of overrides; one that stands is revoked or replaced, never changed."""

    form = GrantForm
    service_keeps_trail = True
    list_display = ("__str__", "user", "state", "reason", "granted_at", "ends_at")
    has_few_rows = True
    list_filter = ("status", "kind")
    list_select_related = ("user",)
    search_fields = ("id", "user__id", "user__email__startswith")
    autocomplete_fields = ("user",)
    ordering = ("-granted_at", "-id")
    actions = ("revoke",)
    has_override_permission = needs(Right.GRANT_OVERRIDE)
    change_form_outer_after_template = "admin/related_tables.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is asked for, or what is known."""
        if obj is None:
            words = "Holds at once, instead of the override that the customer has. An empty number is everybody's."
            return ((None, {"fields": ASKED, "description": words}),)
        known = ("customer", "state", "kind", "hourly_max", "daily_max", "reason")
        times = ("granted_at", "grantor", "ends_at", "closed_at", "closer")
        return ((None, {"fields": known}), ("When and by whom", {"fields": times}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who has the right that the service asks for."""
        return request.user.has_perm(Right.GRANT_OVERRIDE)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A week, unless somebody says otherwise."""
        usual = {"kind": OverrideKind.NUMBERS, "ends_at": timezone.now() + USUAL_LENGTH}
        return {**usual, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Have the service grant it."""
        asked = form.cleaned_data
        granted = grant_override(
            user_id=asked["user"].pk,
            kind=OverrideKind(asked["kind"]),
            hourly_max=asked["hourly_max"],
            daily_max=asked["daily_max"],
            reason=asked["reason"],
            ends_at=asked["ends_at"],
            actor=staff(request),
            now=timezone.now(),
        )
        obj.id = granted.id

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show below it what holds for this customer, and what else has held."""
        override = context.get("original")
        context["related_tables"] = limits_panel(request, override.user) if override else []
        return super().render_change_form(request, context, *args, **kwargs)

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Only what is in force can be revoked."""
        return super().row_actions(request, row) if row.is_in_force(timezone.now()) else []

    @admin.action(description="Revoke…", permissions=["override"])
    def revoke(self, request: HttpRequest, overrides: QuerySet[Override]) -> HttpResponse | None:
        """End them now."""
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            overrides,
            title="Revoke",
            foretold="The override ends at once, for good: everybody's limits hold again for the customer, who may be "
            "at them already by what was counted all along.",
            form_class=ReasonForm,
            action="revoked",
            act=lambda override, answers: revoke_override(
                override_id=override.id, reason=answers["reason"], actor=actor, now=now
            ),
        )

    @coloured(
        "Status",
        {"in force": "success", "replaced": "info", "revoked": "warning", "expired": "primary"},
        ordering="status",
    )
    def state(self, override: Override) -> str:
        """The status; one past its end is told as expired before that is noted."""
        if override.status != OverrideStatus.GRANTED:
            return override.status
        return "in force" if override.is_in_force(timezone.now()) else OverrideStatus.EXPIRED.value

    @admin.display(description="Customer")
    def customer(self, override: Override) -> str:
        """Whom it is for."""
        return customer_link(override.user_id, override.user)

    @admin.display(description="Granted by")
    def grantor(self, override: Override) -> str:
        """Who granted it."""
        return link("identity.User", override.granted_by)

    @admin.display(description="Ended by")
    def closer(self, override: Override) -> str:
        """Who replaced or revoked it."""
        return link("identity.User", override.closed_by)
