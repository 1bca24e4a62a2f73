import pytest
from django.db import IntegrityError, connection, transaction

from foundation.ids import new_id
from identity.models import User
from identity.queries.users import document_id_of, find_user

pytestmark = pytest.mark.django_db


def test_an_address_is_stored_and_found_in_lower_case():
    alice = User.objects.create_user("Alice@Example.COM", "correct horse battery")
    User.objects.filter(pk=alice.pk).update(email="ALICE@example.com")
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert User.objects.get_by_natural_key("aLICE@EXAMPLE.com") == alice


def test_the_absence_of_an_address_is_null_however_it_is_written():
    for spelling in (None, ""):
        person = User.objects.create_user(spelling)
        person.email = ""
        person.save()
    assert User.objects.filter(email__isnull=True).count() == 2


@pytest.mark.parametrize("assignment", ["email = 'Alice@example.com'", "email = ''", "firebase_uid = ''"])
def test_the_database_refuses_what_the_model_would_not_write(assignment):
    alice = User.objects.create_user("alice@example.com")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE identity_user SET {assignment} WHERE id = %s", [alice.id])
    alice.refresh_from_db()
    assert (alice.email, alice.firebase_uid) == ("alice@example.com", None)


def test_two_people_share_neither_address_nor_uid():
    User.objects.create_user("alice@example.com", firebase_uid="uid-alice")
    for clash in ({"email": "ALICE@example.com"}, {"email": None, "firebase_uid": "uid-alice"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user(**clash)
    assert User.objects.count() == 1


def test_a_superuser_may_enter_the_back_office_and_a_customer_may_not():
    carol = User.objects.create_superuser("carol@example.com", "correct horse battery")
    alice = User.objects.create_user("alice@example.com", "correct horse battery")
    assert (carol.is_staff, carol.is_superuser, alice.is_staff, alice.is_superuser) == (
        True,
        True,
        False,
        False,
    )
    assert carol.check_password("correct horse battery")


def test_a_person_is_named_by_what_is_known_of_them():
    nobody = User()
    assert [str(User(email="a@b.example", firebase_uid="u")), str(User(firebase_uid="u")), str(nobody)] == [
        "a@b.example",
        "u",
        str(nobody.id),
    ]


def test_a_document_is_named_by_the_uid_else_by_our_id():
    alice = User.objects.create_user("alice@example.com")
    bob = User.objects.create_user(None, firebase_uid="uid-bob")
    assert document_id_of(alice.id) == str(alice.id)
    assert document_id_of(bob.id) == "uid-bob"
    with pytest.raises(User.DoesNotExist):
        document_id_of(new_id())


def test_a_person_is_found_by_uid_or_by_our_id():
    alice = User.objects.create_user("alice@example.com", firebase_uid="uid-alice")
    assert find_user("uid-alice") == find_user(str(alice.id)) == alice
    assert [find_user(other) for other in ("uid-bob", str(new_id()), "", "uid\x00")] == [None] * 4
