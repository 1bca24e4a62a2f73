"""Alerts: found, read, acknowledged and resolved."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, link, pretty
from identity.kinds import Actor, ActorKind
from security.kinds import AlertStatus, Resolution
from security.models import Alert
from security.services.alerts import acknowledge_alert, resolve_alert

Action = Callable[["AlertAdmin", HttpRequest, QuerySet[Alert]], None]
RESOLVE_AS = "resolve_as_"


@admin.action(description="Acknowledge", permissions=["act"])
def acknowledge(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> None:
    """Take the alerts on."""
    page.act_on_each(
        request,
        alerts,
        action="acknowledged",
        act=lambda alert: acknowledge_alert(alert_id=alert.id, actor=_actor(request), now=timezone.now()),
    )


def _resolve_as(resolution: Resolution) -> Action:
    @admin.action(description=f"Resolve: {resolution.label.lower()}", permissions=["act"])
    def resolve(page: "AlertAdmin", request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        actor, now = _actor(request), timezone.now()
        page.act_on_each(
            request,
            alerts,
            action="resolved",
            act=lambda alert: resolve_alert(alert_id=alert.id, resolution=resolution, actor=actor, now=now),
        )

    resolve.__name__ = f"{RESOLVE_AS}{resolution.value}"  # actions are told apart by their names
    return resolve


def _actor(request: HttpRequest) -> Actor:
    return Actor(ActorKind.STAFF, str(request.user.pk))


@admin.register(Alert)
class AlertAdmin(ReadOnlyModelAdmin):
    """The list and the page of an alert; services move it along."""

    list_display = ("summary", "grade", "state", "kind", "count", "last_seen_at")
    list_filter = ("status", "severity", "kind", "resolution")
    search_fields = ("id", "user_id", "dedup_key__startswith", "summary__icontains")
    ordering = ("-last_seen_at", "-id")
    actions = (acknowledge, *(_resolve_as(resolution) for resolution in Resolution))
    fieldsets = (
        (None, {"fields": ("summary", "kind", "grade", "state", "count", "first_seen_at", "last_seen_at")}),
        ("What it is about", {"fields": ("customer", "dedup_key", "known_facts")}),
        (
            "What was done",
            {
                "fields": (
                    "acknowledged_at",
                    "acknowledger",
                    "resolution",
                    "resolved_at",
                    "resolver",
                    "version",
                )
            },
        ),
    )

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Only the moves that are open to an alert where it stands."""
        moves = super().row_actions(request, row)
        if row.status == AlertStatus.OPEN:
            return [move for move in moves if not move[0].startswith(RESOLVE_AS)]
        if row.status == AlertStatus.ACKNOWLEDGED:
            return [move for move in moves if move[0].startswith(RESOLVE_AS)]
        return []

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
        return link("identity.User", alert.user_id)

    @admin.display(description="Evidence")
    def known_facts(self, alert: Alert) -> str:
        """Codes and ids."""
        return pretty(alert.evidence)

    @admin.display(description="Acknowledged by")
    def acknowledger(self, alert: Alert) -> str:
        """Who took it on."""
        return link("identity.User", alert.acknowledged_by)

    @admin.display(description="Resolved by")
    def resolver(self, alert: Alert) -> str:
        """Who closed it."""
        return link("identity.User", alert.resolved_by)
