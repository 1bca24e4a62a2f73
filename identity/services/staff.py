"""Says who works here, and as what."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from foundation.waker import wake
from identity.errors import ActionNotAllowed, UserNotFound
from identity.kinds import SET_CLAIMS_TASK, Actor, Right
from identity.models import User
from identity.queries.rights import is_superuser
from identity.services import audit, rights


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is in the back office; roles are the names of groups."""

    is_staff: bool
    is_superuser: bool
    roles: frozenset[str]


def set_standing(*, user_id: uuid.UUID, standing: Standing, actor: Actor, reason: str, now: datetime) -> None:
    """Make this person what is asked for. Only superusers make superusers, and change what one is.

    Where they are that already, nothing is done and nothing recorded. A worker tells Firebase who is staff now.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`.
    :raises UserNotFound: `user_not_found`.
    """
    rights.require(Right.MANAGE_STAFF, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(id=user_id).first()
        if user is None:
            raise UserNotFound
        before = _standing(user)
        if standing == before:
            return
        if (before.is_superuser or standing.is_superuser) and not is_superuser(actor.id):
            raise ActionNotAllowed(right=Right.MANAGE_STAFF.value)
        user.is_staff, user.is_superuser = standing.is_staff, standing.is_superuser
        user.save(update_fields=["is_staff", "is_superuser"])
        user.groups.set(Group.objects.filter(name__in=standing.roles))
        audit.record(
            actor=actor,
            action="user.set_standing",
            subject_kind="user",
            subject_id=user.id,
            reason=reason,
            facts={"changed": _changes(before, _standing(user))},
            now=now,
        )
    wake(SET_CLAIMS_TASK)


def _standing(user: User) -> Standing:
    roles = frozenset(user.groups.values_list("name", flat=True))
    return Standing(user.is_staff, user.is_superuser, roles)


def _changes(before: Standing, after: Standing) -> dict[str, object]:
    """Each part that is another now, from what to what."""
    was, is_now = _told(before), _told(after)
    return {name: [was[name], is_now[name]] for name in was if was[name] != is_now[name]}


def _told(standing: Standing) -> dict[str, object]:
    return {
        "is_staff": standing.is_staff,
        "is_superuser": standing.is_superuser,
        "roles": sorted(standing.roles),
    }
