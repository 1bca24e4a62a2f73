import threading
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection

from identity.errors import AccountDisabled, EmailTaken
from identity.kinds import FirebaseClaims
from identity.models import User
from identity.queries.users import document_id_of
from identity.services import accounts

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ALICE = FirebaseClaims(uid="uid-alice", email="alice@example.com", email_verified=True, display_name="Alice")


def _sees(claims: FirebaseClaims) -> User:
    return accounts.open_account_for_firebase(claims=claims, now=NOW)


def _addresses() -> list[tuple]:
    return list(EmailAddress.objects.values_list("user_id", "email", "verified", "primary"))


def _email_account(*, verified: bool) -> User:
    return accounts.open_account_for_email(
        email="Alice@example.com", password="correct horse battery", email_verified=verified, now=NOW
    )


@pytest.mark.django_db
def test_an_account_is_opened_for_an_address(opened):
    alice = accounts.open_account_for_email(
        email="Alice@Example.com", password="correct horse battery", display_name="Alice", now=NOW
    )
    alice.refresh_from_db()
    assert (alice.email, alice.display_name, alice.date_joined) == ("alice@example.com", "Alice", NOW)
    assert alice.check_password("correct horse battery")
    assert _addresses() == [(alice.id, "alice@example.com", False, True)]
    assert opened == [(alice.id, str(alice.id))]


@pytest.mark.django_db
def test_a_taken_address_opens_nothing(opened):
    alice = _email_account(verified=False)
    with pytest.raises(EmailTaken):
        accounts.open_account_for_email(email="ALICE@example.com", password=None, now=NOW)
    assert list(User.objects.all()) == [alice]
    assert len(opened) == len(_addresses()) == 1


@pytest.mark.django_db
def test_what_belongs_to_an_account_is_opened_with_it_or_not_at_all(opened):
    def fail(**_):
        raise RuntimeError("no wallet today")

    accounts.register_account_opener(fail)
    try:
        with pytest.raises(RuntimeError):
            _email_account(verified=False)
        with pytest.raises(RuntimeError):
            _sees(ALICE)
    finally:
        accounts._openers.remove(fail)
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["alice@example.com", None])
def test_a_clash_that_is_none_of_the_address_is_not_mistaken_for_one(email):
    User.objects.create_user(None, firebase_uid="uid-alice")
    with pytest.raises(IntegrityError):
        accounts.open_account(user=User(email=email, firebase_uid="uid-alice"), now=NOW)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_first_sight_of_a_uid_opens_an_account_and_the_second_finds_it(opened):
    alice = _sees(ALICE)
    assert _sees(ALICE) == alice
    assert (alice.email, alice.display_name, alice.date_joined) == ("alice@example.com", "Alice", NOW)
    assert not alice.has_usable_password()
    assert _addresses() == [(alice.id, "alice@example.com", True, True)]
    assert opened == [(alice.id, "uid-alice")]
    assert alice.claims_due_at is None


@pytest.mark.django_db
def test_an_address_that_firebase_has_not_verified_is_not_taken():
    alice = _sees(FirebaseClaims(uid="uid-alice", email="alice@example.com"))
    assert alice.email is None
    assert _addresses() == []


@pytest.mark.django_db
def test_an_address_is_adopted_once_firebase_has_verified_it():
    alice = _sees(FirebaseClaims(uid="uid-alice", email="alice@example.com"))
    assert _sees(ALICE) == alice
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert _addresses() == [(alice.id, "alice@example.com", True, True)]


@pytest.mark.django_db
def test_a_uid_joins_an_account_whose_address_both_sides_have_verified(opened):
    account = _email_account(verified=True)
    joined = _sees(ALICE)
    assert joined == account
    account.refresh_from_db()
    assert (account.firebase_uid, account.firebase_joined_at) == ("uid-alice", NOW)
    assert account.claims_due_at == NOW
    assert account.check_password("correct horse battery")
    assert document_id_of(account.id) == str(account.id), "the wallet keeps the document it was opened with"
    assert len(opened) == 1
    assert _sees(ALICE) == account


@pytest.mark.django_db
def test_a_uid_joins_by_any_address_that_the_account_has_verified():
    account = accounts.open_account_for_email(email="a@example.com", password=None, now=NOW)
    EmailAddress.objects.create(user=account, email="alice@example.com", verified=True)
    assert _sees(ALICE) == account


@pytest.mark.django_db
def test_a_token_that_carries_the_wallets_claim_asks_for_no_other():
    account = _email_account(verified=True)
    joined = _sees(
        FirebaseClaims("uid-alice", "alice@example.com", email_verified=True, wallet_id=str(account.id))
    )
    assert (joined, joined.claims_due_at) == (account, None)


@pytest.mark.django_db
@pytest.mark.parametrize(("here", "there"), [(False, True), (True, False), (False, False)])
def test_unless_both_sides_have_verified_the_address_the_accounts_stay_apart(opened, here, there):
    account = _email_account(verified=here)
    other = _sees(FirebaseClaims(uid="uid-alice", email="alice@example.com", email_verified=there))
    account.refresh_from_db()
    assert other != account
    assert (account.firebase_uid, account.claims_due_at) == (None, None)
    assert (other.email, other.firebase_uid) == (None, "uid-alice")
    assert opened == [(account.id, str(account.id)), (other.id, "uid-alice")]
    assert _sees(ALICE) == other, "an account of its own is not merged later"


@pytest.mark.django_db
def test_a_second_uid_with_the_same_address_stays_apart():
    first = _sees(ALICE)
    second = _sees(FirebaseClaims("uid-alice-2", "alice@example.com", email_verified=True))
    assert first != second
    assert (second.email, second.firebase_uid) == (None, "uid-alice-2")


@pytest.mark.django_db
def test_a_disabled_account_is_refused_and_not_joined():
    known = _sees(FirebaseClaims(uid="uid-bob"))
    account = _email_account(verified=True)
    User.objects.update(is_active=False)
    for claims in (FirebaseClaims(uid="uid-bob"), ALICE):
        with pytest.raises(AccountDisabled):
            _sees(claims)
    account.refresh_from_db()
    assert account.firebase_uid is None
    assert set(User.objects.all()) == {known, account}


def _at_once(count, work):
    barrier, results = threading.Barrier(count), []

    def run():
        try:
            barrier.wait(timeout=30)
            results.append(work())
        except Exception as error:  # noqa: BLE001 - judged by the test
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
def test_eight_first_sights_at_once_open_one_account(opened):
    results = _at_once(8, lambda: _sees(ALICE).id)
    assert results == [User.objects.get().id] * 8
    assert len(_addresses()) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_first_sights_at_once_join_one_account(opened):
    account = _email_account(verified=True)
    assert _at_once(8, lambda: _sees(ALICE).id) == [account.id] * 8
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_clash_that_stays_is_not_hidden():
    def clash(*, user_id, **_):
        User.objects.create_user(None, id=user_id)

    accounts.register_account_opener(clash)
    try:
        with pytest.raises(IntegrityError):
            _sees(ALICE)
    finally:
        accounts._openers.remove(clash)
    assert not User.objects.exists()
