"""Gives the roles their rights."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from identity.errors import RightsMissing
from identity.kinds import SYSTEM_ACTOR, Role
from identity.rules.roles import permissions_of
from identity.services import audit


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What was done to one role: permissions as `app_label.codename`."""

    role: Role
    is_new: bool
    given: tuple[str, ...]
    taken: tuple[str, ...]


def sync_roles(*, now: datetime) -> list[RoleChange]:
    """Have each role's group hold just the role's rights; answer what changed. Other groups are left alone.

    :raises RightsMissing: `rights_missing`: a right is no permission yet, since the tables are not migrated.
    """
    existing = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.select_related("content_type")
    }
    with transaction.atomic():
        changes = [_sync(role, existing, now) for role in Role]
    return [change for change in changes if change.is_new or change.given or change.taken]


def _sync(role: Role, existing: dict[str, Permission], now: datetime) -> RoleChange:
    wanted = permissions_of(role, existing)
    if missing := sorted(wanted - existing.keys()):
        raise RightsMissing(f"There is no permission {', '.join(missing)}: migrate first.")
    group, is_new = Group.objects.get_or_create(name=role.value)
    held = {
        f"{app_label}.{codename}"
        for app_label, codename in group.permissions.values_list("content_type__app_label", "codename")
    }
    change = RoleChange(role, is_new, tuple(sorted(wanted - held)), tuple(sorted(held - wanted)))
    if is_new or change.given or change.taken:
        group.permissions.set(existing[name] for name in wanted)
        facts = {"role": role.value, "given": list(change.given), "taken": list(change.taken)}
        audit.record(
            actor=SYSTEM_ACTOR,
            action="role.sync",
            subject_kind="group",
            subject_id=group.pk,
            facts=facts,
            now=now,
        )
    return change
