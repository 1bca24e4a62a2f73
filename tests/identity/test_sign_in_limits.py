"""Guessing passwords: it is slowed down where it comes from, and nowhere else."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from identity.limits import SIGN_IN_FAILURES_MAX, SIGN_IN_REST
from identity.models import User
from identity.pages.sign_in import NOWHERE, attempted_account, attempted_from
from tests.support.shop import PASSWORD, open_customer

pytestmark = pytest.mark.django_db
HOME, CAFE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def alice(settings: Settings) -> User:
    """A customer, behind one proxy of ours."""
    settings.TRUSTED_PROXIES = 1
    return open_customer("alice")


def sign_in(password: str = PASSWORD, *, address: str = HOME, email: str = "alice@example.com"):
    browser = Client(headers={"X-Forwarded-For": f"6.6.6.6, {address}"})
    return browser.post("/accounts/login/", {"login": email, "password": password})


def guess(times: int = SIGN_IN_FAILURES_MAX, **where: str):
    """Try so many wrong passwords; give the last answer."""
    answers = []
    for _ in range(times):
        answers.append(sign_in("wrong horse battery", **where))
        cache.clear()  # allauth's limit on an address, which is another one
    return answers[-1]


def test_too_many_guesses_lock_an_account_where_they_came_from_and_the_page_says_until_when():
    assert guess(SIGN_IN_FAILURES_MAX - 1).status_code == 200
    locked = guess(1)
    assert (locked.status_code, locked["Retry-After"]) == (429, str(int(SIGN_IN_REST.total_seconds())))
    assert "Please try again in 15 minutes." in locked.content.decode()

    assert sign_in().status_code == 429, "the right password comes too late"
    with time_machine.travel(timezone.now() + SIGN_IN_REST + timedelta(seconds=1)):
        assert sign_in().status_code == 302


def test_a_stranger_cannot_lock_somebody_out_of_their_account():
    guess(3 * SIGN_IN_FAILURES_MAX, address=CAFE)
    assert sign_in(address=CAFE).status_code == 429
    assert sign_in(address=HOME).status_code == 302


def test_others_at_the_same_address_sign_in_as_ever():
    open_customer("bob")
    guess()
    assert sign_in(email="bob@example.com").status_code == 302


def test_spelling_the_address_differently_is_no_other_account():
    for spelling in ("Alice@example.com", "ALICE@EXAMPLE.COM", " alice@example.com", "alice@Example.com"):
        guess(1, email=spelling)
    assert guess(1).status_code == 429


def test_an_account_that_does_not_exist_is_locked_in_the_same_way():
    assert guess(email="nobody@example.com").status_code == 429


def test_guesses_at_many_accounts_from_one_address_are_slowed_down_too():
    """By allauth, which counts the failures of an address within a minute."""
    for number in range(10):
        sign_in("wrong horse battery", email=f"somebody-{number}@example.com")
    assert "Too many failed" in sign_in().content.decode()


def test_signing_in_forgets_the_guesses_before_it_and_attempts_while_locked_are_not_kept():
    guess(SIGN_IN_FAILURES_MAX - 1)
    assert sign_in().status_code == 302
    assert not AccessAttempt.objects.exists()
    guess(SIGN_IN_FAILURES_MAX + 20)
    kept = AccessAttempt.objects.get()
    assert kept.failures_since_start == SIGN_IN_FAILURES_MAX
    assert (kept.username, kept.ip_address) == ("alice@example.com", HOME)
    assert "wrong horse" not in kept.post_data
    assert not AccessLog.objects.exists()


def test_a_proxy_that_is_missing_is_no_error(settings: Settings):
    settings.TRUSTED_PROXIES = 3
    assert sign_in().status_code == 302


def test_a_connection_without_an_address_is_counted_as_one(settings: Settings):
    settings.TRUSTED_PROXIES = 0
    assert attempted_from(RequestFactory().get("/", REMOTE_ADDR="")) == NOWHERE
    assert attempted_account(RequestFactory().get("/"), None) == ""
