"""Reads services' keys."""

from identity.models import ApiKey


def services() -> list[str]:
    """The names of all services that have, or had, a key."""
    return list(ApiKey.objects.order_by("service").values_list("service", flat=True).distinct())
