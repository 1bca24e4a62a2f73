"""Which kinds of caller may call."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth import get_user_model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from identity.kinds import Scope, ServiceCaller

if TYPE_CHECKING:  # the views import this module, through the default permissions of the settings
    from rest_framework.views import APIView


class IsCustomer(BasePermission):
    """A signed-in person, staff included. Nobody → 401; a caller of another kind (a service) → 403."""

    message = "Only customers may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Whether the caller is a person."""
        return isinstance(request.user, get_user_model())


class _HasScope(BasePermission):
    scope: ClassVar[Scope]

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Whether the caller is a service whose key has the scope."""
        caller: object = request.user
        return isinstance(caller, ServiceCaller) and self.scope in caller.scopes


class MayReadTokens(_HasScope):
    """A service that may look into wallets."""

    scope = Scope.TOKENS_READ
    message = "Only services with the scope tokens:read may do this."


class MaySpendTokens(_HasScope):
    """A service that may spend and hold tokens."""

    scope = Scope.TOKENS_SPEND
    message = "Only services with the scope tokens:spend may do this."


class MayGrantTokens(_HasScope):
    """A service that may grant tokens."""

    scope = Scope.TOKENS_GRANT
    message = "Only services with the scope tokens:grant may do this."
