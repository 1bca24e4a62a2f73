"""Who may do what: asked anew each time, whichever way the caller came."""

import uuid

import pytest
from django.contrib.auth.models import Group, Permission

from identity.errors import ActionNotAllowed
from identity.kinds import STRIPE_ACTOR, SYSTEM_ACTOR, Actor, ActorKind, Right
from identity.models import User
from identity.services import rights
from tests.admin.rows import person
from tests.support.staff import permit

FREEZE = Right.FREEZE_WALLET


def permission(right: Right) -> Permission:
    app_label, _, codename = right.value.partition(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def refused(actor: Actor, right: Right = FREEZE) -> bool:
    try:
        rights.require(right, actor=actor)
    except ActionNotAllowed:
        return True
    return False


def staff_actor(user: User) -> Actor:
    return Actor(ActorKind.STAFF, str(user.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("right", Right)
def test_each_right_is_a_permission_that_can_be_given(right: Right) -> None:
    assert permission(right).name == right.label


@pytest.mark.django_db
def test_the_product_itself_and_stripe_need_no_leave() -> None:
    assert not refused(SYSTEM_ACTOR)
    assert not refused(STRIPE_ACTOR)


@pytest.mark.django_db
def test_a_right_is_a_persons_own_or_their_roles_and_stands_for_itself() -> None:
    dave, erin, frank = (person(name, is_staff=True) for name in ("dave", "erin", "frank"))
    permit(dave, FREEZE)
    role = Group.objects.create(name="a role")
    role.permissions.add(permission(FREEZE))
    erin.groups.add(role)
    frank.user_permissions.set(Permission.objects.exclude(pk=permission(FREEZE).pk))
    assert not refused(staff_actor(dave))
    assert not refused(staff_actor(erin))
    assert refused(staff_actor(frank))
    assert refused(staff_actor(dave), Right.GRANT_OVERRIDE)


@pytest.mark.django_db
def test_the_refusal_names_the_right() -> None:
    with pytest.raises(ActionNotAllowed) as refusal:
        rights.require(FREEZE, actor=Actor(ActorKind.STAFF, "nobody"))
    assert (refusal.value.code, refusal.value.status) == ("action_not_allowed", 403)
    assert refusal.value.members == {"right": "tokens.freeze_wallet"}


@pytest.mark.django_db
def test_superusers_hold_every_right() -> None:
    carol = person("carol", is_staff=True, is_superuser=True)
    assert not any(refused(staff_actor(carol), right) for right in Right)


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["right", "staff", "active"])
def test_who_lost_it_a_moment_ago_has_it_no_longer(lost: str) -> None:
    dave = person("dave", is_staff=True)
    permit(dave, FREEZE)
    assert not refused(staff_actor(dave))
    if lost == "right":
        dave.user_permissions.clear()
    else:
        User.objects.filter(pk=dave.pk).update(**{f"is_{lost}": False})
    assert refused(staff_actor(dave))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [ActorKind.CUSTOMER, ActorKind.SERVICE])
def test_customers_and_services_hold_no_right_whoever_they_are(kind: ActorKind) -> None:
    carol = person("carol", is_staff=True, is_superuser=True)
    assert refused(Actor(kind, str(carol.pk)))


@pytest.mark.django_db
@pytest.mark.parametrize("actor_id", ["", "dave", str(uuid.UUID(int=0))])
def test_nobody_we_know_holds_no_right(actor_id: str) -> None:
    assert refused(Actor(ActorKind.STAFF, actor_id))
