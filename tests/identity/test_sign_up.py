import re
import threading

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from identity.models import User
from identity.services import accounts
from tests.support.database import somebody_waits_for_a_lock
from tests.support.product import wait_for

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _forget_rates():
    cache.clear()


def _sign_up(client, email="Alice@Example.com", password=PASSWORD):
    form = {"email": email, "password1": password, "password2": password}
    return client.post(reverse("account_signup"), form)


def _sign_in(client, email, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def _signed_in_as(client):
    return client.session.get("_auth_user_id")


@pytest.mark.django_db
def test_a_sign_up_opens_an_account_and_asks_to_verify_the_address(client, opened):
    response = _sign_up(client)
    alice = User.objects.get()
    assert response.status_code == 302
    assert _signed_in_as(client) == str(alice.id)
    assert alice.email == "alice@example.com"
    assert opened == [(alice.id, str(alice.id))]
    address = EmailAddress.objects.get()
    assert (address.user_id, address.email, address.verified, address.primary) == (
        alice.id,
        "alice@example.com",
        False,
        True,
    )
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


@pytest.mark.django_db
def test_following_the_link_and_agreeing_verifies_the_address(client):
    _sign_up(client)
    (link,) = re.findall(r"http://\S+/accounts/confirm-email/\S+", str(mail.outbox[0].body))
    client.get(link)
    assert not EmailAddress.objects.get().verified, "mail scanners follow links too"
    client.post(link)
    assert EmailAddress.objects.get().verified


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "1029384756", "alice@example.com"])
def test_a_weak_password_opens_nothing(client, opened, password):
    assert _sign_up(client, password=password).status_code == 200
    assert not User.objects.exists()
    assert opened == []


@pytest.mark.django_db
def test_a_taken_address_opens_nothing(client, opened):
    _sign_up(client)
    response = _sign_up(Client(), email="alice@EXAMPLE.com")
    assert response.status_code == 200
    assert User.objects.count() == len(opened) == 1


@pytest.mark.django_db
def test_people_sign_in_with_their_address_in_any_case(client):
    _sign_up(client)
    other = Client()
    assert _sign_in(other, "ALICE@example.com").status_code == 302
    assert _signed_in_as(other) == str(User.objects.get().id)


@pytest.mark.django_db
def test_a_wrong_password_and_a_disabled_account_do_not_sign_in(client):
    _sign_up(client)
    other = Client()
    _sign_in(other, "alice@example.com", "wrong horse battery")
    assert _signed_in_as(other) is None
    User.objects.update(is_active=False)
    _sign_in(other, "alice@example.com")
    assert _signed_in_as(other) is None


@pytest.mark.django_db
def test_asking_for_a_new_password_does_not_tell_who_has_an_account(client):
    _sign_up(client)
    mail.outbox.clear()
    answers = [
        Client().post(reverse("account_reset_password"), {"email": email})
        for email in ("alice@example.com", "bob@example.com")
    ]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert [message.to for message in mail.outbox] == [["alice@example.com"], ["bob@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_at_once_with_one_address_open_one_account(opened):
    """The second is past its form while the first has not committed: it is led to the sign-in."""

    def wait_for_the_second(**_):
        wait_for(somebody_waits_for_a_lock, what="the second one waits for the first")

    answers = []

    def run():
        answers.append(_sign_up(Client()))
        connection.close()

    accounts.register_account_opener(wait_for_the_second)
    threads = [threading.Thread(target=run) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    finally:
        accounts._openers.remove(wait_for_the_second)
    assert [answer.status_code for answer in answers] == [302, 302]
    assert reverse("account_login") in [answer.url for answer in answers]
    assert User.objects.count() == EmailAddress.objects.count() == 1


@pytest.fixture
def google_sign_in(google, settings):
    """Signs a person in with Google on the site, as far as the answer to Google's redirect."""
    app = {"client_id": "google-client", "secret": "google-secret"}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "google": {**settings.SOCIALACCOUNT_PROVIDERS["google"], "APPS": [app]}
    }

    def sign_in(client, **person):
        google.person = person
        to_google = client.post(reverse("google_login")).url
        (state,) = re.findall(r"[?&]state=([^&]+)", to_google)
        return client.get(reverse("google_callback"), {"state": state, "code": "a-code"})

    return sign_in


@pytest.mark.django_db
def test_the_first_sign_in_with_google_opens_an_account(client, google_sign_in, opened):
    visitors = (client, Client())
    for visitor in visitors:
        google_sign_in(visitor, email="Alice@example.com", email_verified=True, name="Alice")
    alice = User.objects.get()
    assert [_signed_in_as(visitor) for visitor in visitors] == [str(alice.id)] * 2
    assert alice.email == "alice@example.com"
    assert not alice.has_usable_password()
    assert opened == [(alice.id, str(alice.id))]
    assert EmailAddress.objects.get().verified
    assert SocialAccount.objects.get().user == alice


@pytest.mark.django_db
def test_an_address_that_is_taken_is_not_joined_on_googles_word(client, google_sign_in, opened):
    _sign_up(Client())
    google_sign_in(client, email="alice@example.com", email_verified=True)
    assert _signed_in_as(client) is None
    assert User.objects.count() == len(opened) == 1
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db
def test_a_google_account_without_an_address_asks_for_one(client, google_sign_in, opened):
    response = google_sign_in(client)
    assert response.url == reverse("socialaccount_signup")
    assert opened == []
    client.post(response.url, {"email": "alice@example.com"})
    alice = User.objects.get()
    assert _signed_in_as(client) == str(alice.id)
    assert opened == [(alice.id, str(alice.id))]
    assert not EmailAddress.objects.get().verified


@pytest.mark.django_db
def test_a_google_sign_up_that_cannot_open_everything_opens_nothing(client, google_sign_in):
    def fail(**_):
        raise RuntimeError("no wallet today")

    accounts.register_account_opener(fail)
    try:
        with pytest.raises(RuntimeError):
            google_sign_in(client, email="alice@example.com", email_verified=True)
    finally:
        accounts._openers.remove(fail)
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
