"""Who works here and as what is said by who may say it, at the service, whatever page or request it comes from."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from identity.errors import ActionNotAllowed, ReasonMissing, UserNotFound
from identity.kinds import Actor
from identity.models import AuditRecord, User
from identity.services.staff import Standing, set_standing
from tests.support.shop import open_customer
from tests.support.staff import member

pytestmark = pytest.mark.django_db
NOBODY = Standing(is_staff=False, is_superuser=False, roles=frozenset())
SUPPORT = Standing(is_staff=True, is_superuser=False, roles=frozenset({"support"}))
ROOT = Standing(is_staff=True, is_superuser=True, roles=frozenset())


@pytest.fixture
def manager() -> Actor:
    """Mia, who makes people staff, and is no superuser."""
    Group.objects.create(name="support")
    return member("mia", "identity.manage_staff")


@pytest.fixture
def root() -> Actor:
    return member("root", is_superuser=True)


def say(user_id: object, standing: Standing, actor: Actor, reason: str = "The rota.") -> None:
    set_standing(
        user_id=uuid.UUID(str(user_id)),
        standing=standing,
        actor=actor,
        reason=reason,
        now=timezone.now(),
    )


def test_somebody_becomes_staff_and_is_none_again(manager: Actor) -> None:
    alice = open_customer("alice")
    say(alice.id, SUPPORT, manager)
    say(alice.id, SUPPORT, manager)
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (True, False)
    assert alice.groups.get().name == "support"

    say(alice.id, NOBODY, manager)
    alice.refresh_from_db()
    assert not alice.is_staff
    assert not alice.groups.exists()
    assert [record.facts["changed"] for record in AuditRecord.objects.order_by("id")] == [
        {"is_staff": [False, True], "roles": [[], ["support"]]},
        {"is_staff": [True, False], "roles": [["support"], []]},
    ]


def test_only_superusers_make_and_unmake_superusers(manager: Actor, root: Actor) -> None:
    alice = open_customer("alice")
    for user_id, standing in ((alice.id, ROOT), (manager.id, ROOT), (root.id, SUPPORT), (root.id, NOBODY)):
        with pytest.raises(ActionNotAllowed):
            say(user_id, standing, manager)
    assert not AuditRecord.objects.exists()
    assert set(User.objects.filter(is_superuser=True)) == {User.objects.get(id=root.id)}

    say(alice.id, ROOT, root)
    assert AuditRecord.objects.get().facts["changed"] == {
        "is_staff": [False, True],
        "is_superuser": [False, True],
    }
    say(root.id, NOBODY, Actor(root.kind, str(alice.id)))
    assert not User.objects.get(id=root.id).is_superuser


def test_nobody_becomes_staff_for_no_reason(manager: Actor) -> None:
    alice = open_customer("alice")
    with pytest.raises(ReasonMissing):
        say(alice.id, SUPPORT, manager, reason=" ")
    alice.refresh_from_db()
    assert not alice.is_staff
    assert not AuditRecord.objects.exists()


def test_nobody_is_somebody_else(manager: Actor) -> None:
    with pytest.raises(UserNotFound):
        say(uuid.uuid4(), SUPPORT, manager)
