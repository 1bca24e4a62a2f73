from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from identity import limits
from identity.kinds import FirebaseClaims
from identity.models import User
from identity.services import accounts, firebase_claims
from identity.tasks import set_firebase_claims

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def joined(google):
    """An account that was opened by e-mail and has joined a uid."""
    google.custom_claims["uid-alice"] = {}
    accounts.open_account_for_email(email="alice@example.com", password=None, email_verified=True, now=NOW)
    claims = FirebaseClaims("uid-alice", "alice@example.com", email_verified=True)
    return accounts.open_account_for_firebase(claims=claims, now=NOW)


def _due(user: User) -> tuple:
    user.refresh_from_db()
    return user.claims_due_at, user.claims_failures


def test_firebase_is_told_which_wallet_a_joined_account_reads(google, joined):
    assert firebase_claims.set_due_claims(now=NOW) == 1
    assert google.custom_claims == {"uid-alice": {"wallet_id": str(joined.id)}}
    assert _due(joined) == (None, 0)
    assert firebase_claims.set_due_claims(now=NOW) == 0


def test_the_task_does_the_same(google, joined):
    assert set_firebase_claims() == 1
    assert google.custom_claims == {"uid-alice": {"wallet_id": str(joined.id)}}


def test_a_failure_is_tried_again_later_and_later(google, joined):
    google.answer_instead = (403, b"{}")
    assert firebase_claims.set_due_claims(now=NOW) == 0
    assert _due(joined) == (NOW + timedelta(minutes=1), 1)
    assert firebase_claims.set_due_claims(now=NOW + timedelta(seconds=59)) == 0
    assert firebase_claims.set_due_claims(now=NOW + timedelta(minutes=1)) == 0
    assert _due(joined) == (NOW + timedelta(minutes=3), 2)
    google.answer_instead = None
    assert firebase_claims.set_due_claims(now=NOW + timedelta(minutes=3)) == 1
    assert _due(joined) == (None, 0)


def test_the_time_between_tries_has_a_limit(google, joined):
    User.objects.update(claims_failures=32_000)
    google.answer_instead = (403, b"{}")
    assert firebase_claims.set_due_claims(now=NOW) == 0
    assert _due(joined) == (NOW + limits.CLAIMS_RETRY_MAX, 32_000)


@pytest.mark.django_db(transaction=True)
def test_an_account_that_another_worker_took_is_left_to_it(google, joined):
    """The other worker takes the second account while this one is asking for the first."""
    accounts.open_account_for_email(email="bob@example.com", password=None, email_verified=True, now=NOW)
    later = NOW + timedelta(seconds=1)
    bob = accounts.open_account_for_firebase(
        claims=FirebaseClaims("uid-bob", "bob@example.com", email_verified=True), now=later
    )
    google.custom_claims["uid-bob"] = {}

    def take_bob():
        User.objects.filter(pk=bob.pk).update(claims_due_at=NOW + timedelta(hours=1))
        connection.close()

    google.on_request = take_bob
    assert firebase_claims.set_due_claims(now=later) == 1
    assert google.custom_claims["uid-bob"] == {}


@pytest.fixture
def seer(google) -> User:
    """Somebody whose role lets them look at alerts, who signs in with Firebase."""
    google.custom_claims["uid-sam"] = {"theme": "dark"}
    sam = accounts.open_account_for_firebase(claims=FirebaseClaims("uid-sam"), now=NOW)
    call_command("sync_roles", stdout=StringIO())
    sam.groups.add(Group.objects.get(name="support"))
    User.objects.filter(pk=sam.pk).update(is_staff=True)
    return sam


def test_firebase_is_told_who_sees_alerts_once(google, seer):
    assert firebase_claims.set_due_claims(now=NOW) == 1
    assert google.custom_claims == {"uid-sam": {"theme": "dark", "staff": True}}
    assert firebase_claims.set_due_claims(now=NOW) == 0


@pytest.mark.parametrize("lost", ["role", "staff", "active", "the role's right"])
def test_who_no_longer_sees_them_loses_the_claim(google, seer, lost):
    firebase_claims.set_due_claims(now=NOW)
    if lost == "role":
        seer.groups.clear()
    elif lost == "the role's right":
        Group.objects.get(name="support").permissions.clear()
    else:
        User.objects.filter(pk=seer.pk).update(**{f"is_{lost}": False})
    assert firebase_claims.set_due_claims(now=NOW) == 1
    assert google.custom_claims == {"uid-sam": {"theme": "dark"}}
    assert firebase_claims.set_due_claims(now=NOW) == 0


def test_staff_without_the_right_or_without_firebase_are_none_of_its_business(google, seer):
    seer.groups.set([])
    call_command("sync_roles", stdout=StringIO())
    seer.groups.add(Group.objects.get(name="catalogue"))
    User.objects.create_superuser("carol@example.com")
    assert firebase_claims.set_due_claims(now=NOW) == 0
    assert google.custom_claims == {"uid-sam": {"theme": "dark"}}


def test_a_staff_claim_that_could_not_be_set_is_tried_again(google, seer):
    google.answer_instead = (403, b"{}")
    assert firebase_claims.set_due_claims(now=NOW) == 0
    google.answer_instead = None
    assert firebase_claims.set_due_claims(now=NOW) == 0
    assert firebase_claims.set_due_claims(now=NOW + timedelta(minutes=1)) == 1
    assert google.custom_claims["uid-sam"]["staff"] is True
