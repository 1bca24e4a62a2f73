"""Staff see people, and give nobody an account, a password or a right that is not theirs to give."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from identity.models import AuditRecord, User
from tests.admin.conftest import SignedIn
from tests.admin.rows import person
from tests.admin.test_who_gets_in import url

RIGHTS = ("identity.view_user", "identity.change_user", "auth.view_group", "auth.change_group")


def save(client: Client, user: User, **fields: object) -> int:
    form: dict[str, object] = {
        "display_name": user.display_name,
        "is_active": "on",
        "reason": "They asked for it.",
        **fields,
    }
    return client.post(url("identity.User", "change", user.pk), form).status_code


@pytest.mark.django_db
def test_no_page_shows_a_password_or_its_hash(superuser: Client) -> None:
    alice = person("alice", firebase_uid="uid-of-alice")
    alice.set_password("correct horse battery staple")
    alice.save()
    for address in (url("identity.User", "change", alice.pk), url("identity.User", "changelist")):
        text = superuser.get(address).content.decode()
        assert alice.password not in text
        assert "pbkdf2" not in text
        assert "uid-of-alice" in text


@pytest.mark.django_db
def test_staff_with_the_right_to_may_rename_and_lock_people(staff: SignedIn) -> None:
    alice, dave = person("alice"), staff(*RIGHTS, name="dave")
    assert save(dave, alice, display_name="Alice L.") == 302
    alice.refresh_from_db()
    assert (alice.display_name, alice.is_active) == ("Alice L.", True)
    locked = {"display_name": "Alice L.", "reason": "A stolen phone."}
    assert dave.post(url("identity.User", "change", alice.pk), locked).status_code == 302
    alice.refresh_from_db()
    assert not alice.is_active
    assert AuditRecord.objects.latest("id").reason == "A stolen phone."


@pytest.mark.django_db
def test_nobody_is_changed_for_no_reason(superuser: Client) -> None:
    alice = person("alice")
    before = User.objects.values().get(id=alice.id)
    for changed in ({"is_staff": "on"}, {"is_active": ""}, {"display_name": "Alice L."}):
        for reason in ("", "  ", "x" * 2_000):
            assert save(superuser, alice, **changed, reason=reason) == 200
    assert User.objects.values().get(id=alice.id) == before
    assert not AuditRecord.objects.exists()
    assert save(superuser, alice, reason="") == 302, "there is nothing to say a reason for"
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db
def test_staff_cannot_take_an_account_over_or_give_themselves_rights(staff: SignedIn) -> None:
    alice, dave = person("alice"), staff(*RIGHTS, name="dave")
    everything = {
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [str(Group.objects.create(name="Support").pk)],
        "user_permissions": [str(right.pk) for right in Permission.objects.all()[:50]],
        "email": "mallory@example.com",
        "firebase_uid": "mallory",
        "password": "mallory",
    }
    for user in (alice, person("dave")):
        before = User.objects.values().get(id=user.id)
        rights = user.get_all_permissions()
        assert save(dave, user, **everything) == 302
        assert User.objects.values().get(id=user.id) == before
        assert User.objects.get(id=user.id).get_all_permissions() == rights
        assert not user.groups.exists()


@pytest.mark.django_db
def test_staff_cannot_change_a_superuser(staff: SignedIn) -> None:
    carol = person("carol", is_staff=True, is_superuser=True)
    assert save(staff(*RIGHTS, name="dave"), carol, display_name="Nobody") == 403
    carol.refresh_from_db()
    assert carol.display_name != "Nobody"


@pytest.mark.django_db
def test_a_superuser_makes_somebody_staff(superuser: Client) -> None:
    alice = person("alice")
    group = Group.objects.create(name="Support")
    assert save(superuser, alice, is_staff="on", groups=[group.pk]) == 302
    alice.refresh_from_db()
    assert alice.is_staff
    assert list(alice.groups.all()) == [group]


@pytest.mark.django_db
def test_who_manages_staff_gives_roles_and_makes_no_superuser(staff: SignedIn) -> None:
    dave, alice = staff(*RIGHTS, "identity.manage_staff", name="dave"), person("alice")
    group = Group.objects.create(name="support")
    assert save(dave, alice, is_staff="on", is_superuser="on", groups=[group.pk]) == 302
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (True, False)
    assert list(alice.groups.all()) == [group]
    carol = person("carol", is_staff=True, is_superuser=True)
    assert save(dave, carol, is_staff="") == 403


@pytest.mark.django_db
def test_only_superusers_change_groups(staff: SignedIn, superuser: Client) -> None:
    group = Group.objects.create(name="Support")
    dave = staff(*RIGHTS, "auth.add_group", "auth.delete_group", name="dave")
    assert dave.get(url("auth.Group", "change", group.pk)).status_code == 200
    for page in ("change", "delete"):
        assert (
            dave.post(url("auth.Group", page, group.pk), {"name": "Mine", "post": "yes"}).status_code == 403
        )
    assert dave.post(url("auth.Group", "add"), {"name": "Mine"}).status_code == 403
    assert list(Group.objects.values_list("name", flat=True)) == ["Support"]
    assert superuser.post(url("auth.Group", "change", group.pk), {"name": "Helpers"}).status_code == 302
    assert Group.objects.get().name == "Helpers"


def test_the_list_leads_to_a_persons_customer_page_and_to_their_account(superuser: Client):
    alice = person("alice")

    text = superuser.get("/admin/identity/user/").content.decode()

    assert ">Account</a>" in text
    assert f'href="/admin/customers/{alice.id}/"' in text
    assert f'href="/admin/identity/user/{alice.id}/change/"' in text
