"""Keys of services, as staff see them: they are made at the command line, and revoked here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, needs
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

    @admin.action(description="Revoke", permissions=["manage"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Have keys open nothing from now on."""
        actor, now = staff(request), timezone.now()

        def revoke_one(key: ApiKey) -> None:
            if not api_keys.revoke(api_key=key, actor=actor, now=now):
                raise ApiKeyRevoked

        self.act_on_each(request, keys, action="revoked", act=revoke_one)

    @coloured("State", {"active": "success", "revoked": "danger"})
    def state(self, key: ApiKey) -> str:
        """Whether it opens anything."""
        return "revoked" if key.revoked_at else "active"
