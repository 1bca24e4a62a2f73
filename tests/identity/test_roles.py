"""The roles of the back office, as `manage.py sync_roles` keeps them."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from identity.kinds import Right, Role
from identity.models import AuditRecord
from identity.queries.rights import has_right
from identity.rules.roles import ROLES_OF
from tests.admin.rows import person

PAGE = Path(__file__).resolve().parents[2] / "docs" / "backoffice.md"


def sync() -> str:
    told = StringIO()
    call_command("sync_roles", stdout=told)
    return told.getvalue()


def rights_of(role: Role) -> set[str]:
    names = Group.objects.get(name=role.value).permissions.values_list("content_type__app_label", "codename")
    return {f"{app_label}.{codename}" for app_label, codename in names}


@pytest.mark.django_db
def test_a_repeat_changes_nothing_and_says_so() -> None:
    first = sync()
    assert [line for line in first.splitlines() if line[0] != " "] == [f"{role.value}: made" for role in Role]
    held, records = {role: rights_of(role) for role in Role}, AuditRecord.objects.count()
    assert sync() == "The roles have the rights that they should.\n"
    assert {role: rights_of(role) for role in Role} == held
    assert AuditRecord.objects.count() == records == len(Role)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_a_role_has_just_the_rights_of_the_table(role: Role) -> None:
    sync()
    held = {right for right in Right if right.value in rights_of(role)}
    is_administrator = role is Role.ADMINISTRATOR
    assert held == {right for right in Right if is_administrator or role in ROLES_OF[right]}
    frank = person("frank", is_staff=True)
    frank.groups.add(Group.objects.get(name=role.value))
    assert {right for right in Right if has_right(str(frank.pk), right)} == held


@pytest.mark.django_db
def test_who_looks_at_everything_changes_nothing_by_that() -> None:
    sync()
    rights = {right.value for right in Right}
    looking = {
        f"{each.content_type.app_label}.{each.codename}"
        for each in Permission.objects.filter(codename__startswith="view_").select_related("content_type")
    }
    assert rights_of(Role.SUPPORT) - rights == looking
    assert rights_of(Role.CATALOGUE) - rights < looking
    assert rights_of(Role.SECURITY) - rights - looking == {"identity.change_user"}


@pytest.mark.django_db
def test_what_a_role_lost_or_got_beside_the_table_is_mended_and_told() -> None:
    sync()
    support = Group.objects.get(name="support")
    extra = Permission.objects.get(codename="freeze_wallet")
    support.permissions.add(extra)
    support.permissions.remove(Permission.objects.get(codename="label_refusal"))
    told = sync()
    assert told == "support: changed\n  + security.label_refusal\n  - tokens.freeze_wallet\n"
    record = AuditRecord.objects.latest("id")
    assert (record.action, record.actor_kind, record.subject_kind) == ("role.sync", "system", "group")
    assert record.facts == {
        "role": "support",
        "given": ["security.label_refusal"],
        "taken": ["tokens.freeze_wallet"],
    }


@pytest.mark.django_db
def test_other_groups_are_left_alone() -> None:
    others = Group.objects.create(name="Translators")
    others.permissions.add(Permission.objects.get(codename="view_package"))
    sync()
    assert [each.codename for each in others.permissions.all()] == ["view_package"]


@pytest.mark.django_db
def test_before_the_tables_are_migrated_it_says_what_is_missing_and_gives_nothing() -> None:
    Permission.objects.filter(codename="freeze_wallet").delete()
    with pytest.raises(CommandError, match=r"no permission tokens\.freeze_wallet"):
        sync()
    assert not Group.objects.exists()


def test_the_page_about_the_back_office_has_the_same_table() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    table = [
        (right.value, right.label, ", ".join(sorted(role.value for role in ROLES_OF[right])) or "—")
        for right in Right
    ]
    assert rows == table
