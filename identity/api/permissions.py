"""Which kinds of caller may call."""

from rest_framework.permissions import IsAuthenticated


class IsCustomer(IsAuthenticated):
    """A signed-in person."""
