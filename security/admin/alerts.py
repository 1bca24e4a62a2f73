"""Alerts: found, read, acknowledged and resolved."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from foundation.admin import ReadOnlyModelAdmin, coloured, customer_link, link, needs, pretty
from foundation.admin_forms import ReasonForm, ask_and_act
from foundation.errors import Refusal
from identity.kinds import Right
from identity.queries.users import staff_members
from identity.services.actors import staff
from security.admin.overrides import USUAL_LENGTH
from security.kinds import AlertStatus, OverrideKind, Resolution
from security.limits import OVERRIDE_LENGTH_MAX, REASON_LENGTH_MAX
from security.models import Alert
from security.services.alerts import acknowledge_alert, assign_alert, resolve_alert
from security.services.freezing import freeze_customer
from security.services.overrides import check_override, override_for_alert

Action = Callable[["AlertAdmin", HttpRequest, QuerySet[Alert]], HttpResponse | None]
RESOLVE_AS = "resolve_as_"
ABOUT_A_CUSTOMER = ("freeze", "override")


@admin.action(description="Acknowledge…", permissions=["handle"])
def acknowledge(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> HttpResponse | None:
    """Take the alerts on."""
    actor, now = staff(request), timezone.now()
    return ask_and_act(
        page,
        request,
        alerts,
        title="Acknowledge",
        foretold="You take the alert on: it waits for nobody any more, and is yours unless it is somebody's already.",
        form_class=ReasonForm,
        action="acknowledged",
        act=lambda alert, answers: acknowledge_alert(
            alert_id=alert.id, reason=answers["reason"], actor=actor, now=now
        ),
    )


def _resolve_as(resolution: Resolution) -> Action:
    title = f"Resolve: {resolution.label.lower()}"

    @admin.action(description=f"{title}…", permissions=["handle"])
    def resolve(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> HttpResponse | None:
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            page,
            request,
            alerts,
            title=title,
            foretold=f"The alert is closed as “{resolution.label.lower()}”, for good. The same cause, seen again, "
            "opens a new one.",
            form_class=ReasonForm,
            action="resolved",
            act=lambda alert, answers: resolve_alert(
                alert_id=alert.id, resolution=resolution, reason=answers["reason"], actor=actor, now=now
            ),
        )

    resolve.__name__ = f"{RESOLVE_AS}{resolution.value}"  # actions are told apart by their names
    return resolve


class AssignForm(ReasonForm):
    """Who looks into it, and why they."""

    field_order = ("assignee", "reason")
    assignee = forms.TypedChoiceField(coerce=uuid.UUID, choices=staff_members, widget=UnfoldAdminSelectWidget)


@admin.action(description="Assign…", permissions=["handle"])
def assign(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> HttpResponse | None:
    """Give the alerts to a member of staff."""
    actor, now = staff(request), timezone.now()
    return ask_and_act(
        page,
        request,
        alerts,
        title="Assign",
        foretold="The alert is this person's to look into, instead of whoever has it now.",
        form_class=AssignForm,
        action="assigned",
        act=lambda alert, answers: assign_alert(
            alert_id=alert.id,
            assignee_id=answers["assignee"],
            reason=answers["reason"],
            actor=actor,
            now=now,
        ),
    )


@admin.action(description="Freeze the customer…", permissions=["freeze"])
def freeze(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> HttpResponse | None:
    """Have the customers buy and spend nothing until somebody lifts it."""
    actor, now = staff(request), timezone.now()
    return ask_and_act(
        page,
        request,
        alerts,
        title="Freeze the customer",
        foretold="The customer whom the alert names buys and spends nothing until the freeze is lifted; credits pass.",
        form_class=ReasonForm,
        action="frozen",
        act=lambda alert, answers: freeze_customer(
            alert_id=alert.id, reason=answers["reason"], actor=actor, now=now
        ),
    )


class OverrideForm(forms.Form):
    """What holds for the customer instead of everybody's limits. The service says in words what is no override."""

    kind = forms.TypedChoiceField(
        coerce=OverrideKind, choices=OverrideKind.choices, widget=UnfoldAdminSelectWidget
    )
    hourly_max = forms.IntegerField(
        label="Purchases an hour", required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
    )
    daily_max = forms.IntegerField(
        label="Purchases a day", required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
    )
    days = forms.IntegerField(
        label="For so many days",
        min_value=1,
        max_value=OVERRIDE_LENGTH_MAX.days,
        initial=USUAL_LENGTH.days,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(max_length=REASON_LENGTH_MAX, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        """Ask the service before anything is done."""
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            now = timezone.now()
            try:
                check_override(
                    kind=asked["kind"],
                    reason=asked["reason"],
                    ends_at=now + timedelta(days=asked["days"]),
                    numbers=(asked["hourly_max"], asked["daily_max"]),
                    now=now,
                )
            except Refusal as refusal:
                raise forms.ValidationError(refusal.detail) from refusal
        return asked


@admin.action(description="Override the limits…", permissions=["override"])
def override(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> HttpResponse | None:
    """Have something else hold for the customers for a while, a block included."""
    actor, now = staff(request), timezone.now()
    return ask_and_act(
        page,
        request,
        alerts,
        title="Override the limits",
        foretold="These numbers hold at once for the customer whom the alert names, instead of everybody's and of an "
        "override that stands, until they end.",
        form_class=OverrideForm,
        action="overridden",
        act=lambda alert, answers: override_for_alert(
            alert_id=alert.id,
            kind=answers["kind"],
            hourly_max=answers["hourly_max"],
            daily_max=answers["daily_max"],
            reason=answers["reason"],
            ends_at=now + timedelta(days=answers["days"]),
            actor=actor,
            now=now,
        ),
    )


@admin.register(Alert)
class AlertAdmin(ReadOnlyModelAdmin):
    """The list and the page of an alert; services move it along."""

    list_display = ("summary", "grade", "state", "kind", "count", "assigned_to", "last_seen_at")
    list_filter = ("status", "severity", "kind", "resolution", "first_seen_at", "last_seen_at")
    search_fields = ("id", "user_id", "dedup_key__startswith")
    ordering = ("-last_seen_at", "-id")
    actions = (acknowledge, assign, freeze, override, *(_resolve_as(resolution) for resolution in Resolution))
    fieldsets = (
        (None, {"fields": ("summary", "kind", "grade", "state", "count", "first_seen_at", "last_seen_at")}),
        ("What it is about", {"fields": ("customer", "dedup_key", "known_facts")}),
        (
            "What was done",
            {
                "fields": (
                    "assigned_to",
                    "acknowledged_at",
                    "acknowledger",
                    "resolution",
                    "resolved_at",
                    "resolver",
                    "freeze_link",
                    "override_link",
                    "mailed_at",
                    "version",
                )
            },
        ),
    )

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Only the moves that are open to an alert where it stands."""
        moves = super().row_actions(request, row)
        if row.user_id is None:
            moves = [move for move in moves if move[0] not in ABOUT_A_CUSTOMER]
        if row.status == AlertStatus.OPEN:
            return [move for move in moves if not move[0].startswith(RESOLVE_AS)]
        if row.status == AlertStatus.ACKNOWLEDGED:
            return [move for move in moves if move[0] != "acknowledge"]
        return []

    has_handle_permission = needs(Right.HANDLE_ALERT)
    has_freeze_permission = needs(Right.FREEZE_WALLET)
    has_override_permission = needs(Right.GRANT_OVERRIDE)

    @coloured(
        "Severity",
        {"low": "info", "medium": "primary", "high": "warning", "critical": "danger"},
        ordering="severity",
    )
    def grade(self, alert: Alert) -> str:
        """The severity, coloured."""
        return alert.severity

    @coloured(
        "Status", {"open": "danger", "acknowledged": "warning", "resolved": "success"}, ordering="status"
    )
    def state(self, alert: Alert) -> str:
        """The status, coloured."""
        return alert.status

    @admin.display(description="Customer")
    def customer(self, alert: Alert) -> str:
        """The customer it tells of."""
        return customer_link(alert.user_id)

    @admin.display(description="Evidence")
    def known_facts(self, alert: Alert) -> str:
        """Codes and ids."""
        return pretty(alert.evidence)

    @admin.display(description="Assigned to")
    def assigned_to(self, alert: Alert) -> str:
        """Who looks into it."""
        return link("identity.User", alert.assignee, getattr(alert, "assignee_name", ""))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        """The alerts, with their assignees' names."""
        names = [When(assignee=str(user_id), then=Value(name)) for user_id, name in staff_members()]
        name = Case(*names, default=F("assignee"), output_field=CharField())
        alerts: QuerySet[Alert] = super().get_queryset(request)
        return alerts.annotate(assignee_name=name)

    @admin.display(description="Freeze")
    def freeze_link(self, alert: Alert) -> str:
        """The freeze that followed."""
        return link("tokens.Freeze", alert.freeze_id)

    @admin.display(description="Override")
    def override_link(self, alert: Alert) -> str:
        """The override that followed."""
        return link("security.Override", alert.override_id)

    @admin.display(description="Acknowledged by")
    def acknowledger(self, alert: Alert) -> str:
        """Who took it on."""
        return link("identity.User", alert.acknowledged_by)

    @admin.display(description="Resolved by")
    def resolver(self, alert: Alert) -> str:
        """Who closed it."""
        return link("identity.User", alert.resolved_by)
