"""Which kinds of caller may call."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the views import this module, through the default permissions of the settings
    from rest_framework.views import APIView


class IsCustomer(BasePermission):
    """A signed-in person, staff included. Nobody → 401; a caller of another kind (a service) → 403."""

    message = "Only customers may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Whether the caller is a person."""
        return isinstance(request.user, get_user_model())
