"""Who has which right."""

import uuid
from contextlib import suppress
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.kinds import Right
from identity.models import User

# Whose tokens carry the claim `staff`: those who may look at alerts.
SEES_ALERTS: Final = "security.view_alert"


def has_right(user_id: str, right: Right) -> bool:
    """Whether an active member of staff has the right now: their own, a role's, or a superuser's."""
    return _is_among(_holders(right.value), user_id)


def is_superuser(user_id: str) -> bool:
    """Whether this is an active member of staff who is a superuser, now."""
    return _is_among(User.objects.filter(is_superuser=True, is_staff=True, is_active=True), user_id)


def sees_alerts(user_id: uuid.UUID) -> bool:
    """Whether this person works here and may look at alerts, now."""
    return _holders(SEES_ALERTS).filter(pk=user_id).exists()


def told_otherwise() -> QuerySet[User, uuid.UUID]:
    """The ids of those of whom Firebase was last told otherwise: that they are staff, or that they are not."""
    known = User.objects.filter(
        Q(is_staff=True) | Q(firebase_knows_as_staff=True), firebase_uid__isnull=False
    )
    holds = Exists(_holders(SEES_ALERTS).filter(pk=OuterRef("pk")))
    wrong = (Q(firebase_knows_as_staff=True) & ~Q(holds)) | (Q(firebase_knows_as_staff=False) & Q(holds))
    return known.filter(wrong).values_list("pk", flat=True)


def _is_among(people: QuerySet[User], user_id: str) -> bool:
    with suppress(ValueError):
        return people.filter(pk=uuid.UUID(user_id)).exists()
    return False


def _holders(permission: str) -> QuerySet[User]:
    return User.objects.filter(_holding(permission), is_staff=True, is_active=True)


def _holding(permission: str) -> Q:
    app_label, _, codename = permission.partition(".")
    own = Q(user_permissions__content_type__app_label=app_label, user_permissions__codename=codename)
    by_role = Q(
        groups__permissions__content_type__app_label=app_label, groups__permissions__codename=codename
    )
    return Q(is_superuser=True) | own | by_role
