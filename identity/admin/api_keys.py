"""Keys of services, as staff see them: they are made at the command line, and revoked here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, needs
from foundation.admin_forms import ReasonForm, ask_and_act
from identity.errors import ApiKeyRevoked
from identity.kinds import Right
from identity.models import ApiKey
from identity.services import api_keys
from identity.services.actors import staff


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyModelAdmin):
    """Nobody can read a key here, since nobody has it but its service."""

    list_display = ("service", "prefix", "state", "scopes", "created_at", "last_used_at")
    has_few_rows = True
    list_filter = ("service",)
    search_fields = ("id", "service__startswith", "prefix__startswith")
    ordering = ("-created_at",)
    fields = ("id", "service", "prefix", "state", "scopes", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)
    has_manage_permission = needs(Right.MANAGE_API_KEYS)

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """A key is revoked once."""
        return [] if row.revoked_at else super().row_actions(request, row)

    @admin.action(description="Revoke…", permissions=["manage"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        """Have keys open nothing from now on."""
        actor, now = staff(request), timezone.now()

        def revoke_one(key: ApiKey, answers: dict[str, Any]) -> None:
            if not api_keys.revoke(api_key=key, reason=answers["reason"], actor=actor, now=now):
                raise ApiKeyRevoked

        return ask_and_act(
            self,
            request,
            keys,
            title="Revoke",
            foretold="The key opens nothing from now on, for good: a service that still calls with it is refused.",
            form_class=ReasonForm,
            action="revoked",
            act=revoke_one,
        )

    @coloured("State", {"active": "success", "revoked": "danger"})
    def state(self, key: ApiKey) -> str:
        """Whether it opens anything."""
        return "revoked" if key.revoked_at else "active"
