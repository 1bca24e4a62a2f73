"""The two numbers that hold for every customer, with all that they were."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from foundation.admin import ModelAdmin, link, table
from foundation.errors import Refusal
from foundation.limits import PAGE_SIZE
from identity.kinds import Right
from identity.services.actors import staff
from security.admin.customer_limits import moment
from security.limits import PURCHASES_DAILY_MAX, PURCHASES_HOURLY_MAX
from security.models import PurchaseLimits
from security.services.purchase_limits import check_purchase_limits, set_purchase_limits


class NumbersForm(forms.ModelForm[PurchaseLimits]):
    """Two numbers and why they are to be these. The service says in words which cannot be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["reason"] = ""  # each change has its own

    def clean(self) -> dict[str, Any]:
        """Ask the service before anything is done."""
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_purchase_limits(hourly_max=asked["hourly_max"], daily_max=asked["daily_max"])
            except Refusal as refusal:
                raise forms.ValidationError(refusal.detail) from refusal
        return asked

    def validate_constraints(self) -> None:
        """What the database guards the service has said in words."""


@admin.register(PurchaseLimits)
class PurchaseLimitsAdmin(ModelAdmin):
    """One row, which somebody adds the first time; the service keeps what it was."""

    form = NumbersForm
    service_keeps_trail = True
    list_display = ("__str__", "reason", "changed_at", "changed_by")
    list_select_related = ("changed_by",)
    fields = ("hourly_max", "daily_max", "reason")
    change_form_outer_after_template = "admin/related_tables.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Until there is the one row. Every page asks, for the side bar, and more than once."""
        if not self.has_change_permission(request):
            return False
        known = vars(request)
        if "purchase_limits_exist" not in known:
            known["purchase_limits_exist"] = PurchaseLimits.objects.exists()
        return not known["purchase_limits_exist"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has the right that the service asks for."""
        return request.user.has_perm(Right.SET_LIMITS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: its history would end."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The numbers that hold without a row."""
        return {"hourly_max": PURCHASES_HOURLY_MAX, "daily_max": PURCHASES_DAILY_MAX}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Have the service change them."""
        set_purchase_limits(
            hourly_max=form.cleaned_data["hourly_max"],
            daily_max=form.cleaned_data["daily_max"],
            reason=form.cleaned_data["reason"],
            actor=staff(request),
            now=timezone.now(),
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show below them what they were."""
        context["related_tables"] = [("What they were", _history())] if context.get("original") else []
        return super().render_change_form(request, context, *args, **kwargs)


def _history() -> dict[str, Any]:
    past = PurchaseLimits.history.select_related("history_user").order_by("-history_date", "-history_id")
    return table(
        ("Since", "An hour", "A day", "By", "Why"),
        (
            (
                moment(row.history_date),
                row.hourly_max,
                row.daily_max,
                link("identity.User", row.history_user_id, row.history_user),
                row.history_change_reason,
            )
            for row in past[:PAGE_SIZE]
        ),
    )
