"""Who has which right."""

import uuid

from django.db.models import Q

from identity.kinds import Right
from identity.models import User


def has_right(user_id: str, right: Right) -> bool:
    """Whether an active member of staff has the right now: their own, a role's, or a superuser's."""
    try:
        person = User.objects.filter(pk=uuid.UUID(user_id), is_staff=True, is_active=True)
    except ValueError:
        return False
    return person.filter(_holding(right)).exists()


def _holding(right: Right) -> Q:
    app_label, _, codename = right.value.partition(".")
    own = Q(user_permissions__content_type__app_label=app_label, user_permissions__codename=codename)
    by_role = Q(
        groups__permissions__content_type__app_label=app_label, groups__permissions__codename=codename
    )
    return Q(is_superuser=True) | own | by_role
