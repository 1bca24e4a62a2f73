"""Finds people, and the names of their documents."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from django.db.models import QuerySet

from identity.errors import UserNotFound
from identity.kinds import ServiceCaller
from identity.models import User


def document_id_of(user_id: uuid.UUID) -> str:
    """The id of this person's wallet document: their Firebase uid, else our user id (design: section 6).

    It never changes: a person who joined Firebase after their account was opened keeps our user id.

    :raises User.DoesNotExist: there is no such person.
    """
    return document_id(User.objects.only("firebase_uid", "firebase_joined_at").get(pk=user_id))


def document_id(user: User) -> str:
    """As `document_id_of`, for a row that has been read already."""
    if user.firebase_uid and user.firebase_joined_at is None:
        return user.firebase_uid
    return str(user.id)


def find_user(identifier: str) -> User | None:
    """The person with this Firebase uid, else with this user id; None if there is none."""
    if "\x00" in identifier:  # PostgreSQL has no such text, and refuses to look for it
        return None
    found = User.objects.filter(firebase_uid=identifier).first()
    if found is None:
        with suppress(ValueError):
            found = User.objects.filter(pk=uuid.UUID(identifier)).first()
    return found


def person(user_id: uuid.UUID) -> QuerySet[User]:
    """The one person with this id, or none."""
    return User.objects.filter(pk=user_id)


def people_named(names: Collection[str]) -> dict[str, uuid.UUID]:
    """The ids of people by e-mail address, user id or Firebase uid; without names that are nobody's."""
    readable = [name for name in names if "\x00" not in name]
    ids = User.objects.filter(pk__in=list(filter(None, map(_as_id, readable)))).values_list("pk", flat=True)
    by_id = {str(user_id): user_id for user_id in ids}
    by_uid = dict(User.objects.filter(firebase_uid__in=readable).values_list("firebase_uid", "pk"))
    lowered = [name.lower() for name in readable]
    by_email = dict(User.objects.filter(email__in=lowered).values_list("email", "pk"))
    named = {
        name: by_uid.get(name) or by_id.get(str(_as_id(name))) or by_email.get(name.lower())
        for name in readable
    }
    return {name: user_id for name, user_id in named.items() if user_id}


def _as_id(name: str) -> uuid.UUID | None:
    with suppress(ValueError):
        return uuid.UUID(name)
    return None


def email_of(user_id: uuid.UUID) -> str | None:
    """This person's e-mail address, if they gave one."""
    return User.objects.values_list("email", flat=True).get(pk=user_id)


def joined_at(user_id: uuid.UUID) -> datetime:
    """When this person's account was opened."""
    return User.objects.values_list("date_joined", flat=True).get(pk=user_id)


def customer_id_of(caller: object) -> uuid.UUID:
    """The user id of a caller whom `IsCustomer` has let in."""
    assert isinstance(caller, User), "the permission lets only people in"
    return caller.id


def is_staff_member(user_id: uuid.UUID) -> bool:
    """Whether somebody with this id works here, now."""
    return User.objects.filter(pk=user_id, is_staff=True, is_active=True).exists()


def staff_members() -> list[tuple[uuid.UUID, str]]:
    """Everybody who works here: their ids, and the names by which others know them."""
    people = User.objects.filter(is_staff=True, is_active=True).order_by("email")
    return [(person.id, str(person)) for person in people]


def service_of(caller: object) -> ServiceCaller:
    """A caller whom a scope's permission has let in."""
    assert isinstance(caller, ServiceCaller), "the permission lets only services in"
    return caller


def user_id_of(identifier: str) -> uuid.UUID:
    """The id of the person with this Firebase uid, else with this user id.

    :raises UserNotFound: `user_not_found`.
    """
    found = find_user(identifier)
    if found is None:
        raise UserNotFound
    return found.id
