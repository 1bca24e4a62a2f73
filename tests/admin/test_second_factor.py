"""Nobody works in the back office by a password alone."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from identity.models import User
from security.models import Alert
from tests.admin.rows import alert, person
from tests.admin.test_actions import act
from tests.admin.test_who_gets_in import url

pytestmark = pytest.mark.django_db
PASSWORD = "carol-runs-the-shop"
SET_UP, ASK_AGAIN = "/accounts/2fa/totp/activate/", "/accounts/2fa/reauthenticate/"
LIST = url("security.Alert", "changelist")


@pytest.fixture(autouse=True)
def demanded(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = True
    cache.clear()


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    """A code that is told is the one that is asked for: no half minute ends in between."""
    with time_machine.travel(time.time(), tick=False):
        yield


@pytest.fixture
def carol() -> User:
    """A superuser with a password and nothing else."""
    user = person("carol", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(*, code: str = "") -> Client:
    browser = Client()
    response = browser.post(
        "/accounts/login/?next=/admin/", {"login": "carol@example.com", "password": PASSWORD}
    )
    assert response.status_code == 302
    if code:
        assert response["Location"].startswith("/accounts/2fa/authenticate/")
        browser.post(response["Location"], {"code": code})
    return browser


def to_setting_up(browser: Client) -> Any:
    """The page for setting one up, which asks for the password once more."""
    asked = browser.get(SET_UP)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert browser.post(asked["Location"], {"password": PASSWORD})["Location"] == SET_UP
    return browser.get(SET_UP)


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def app_of(user: User) -> str:
    """Give a person an authenticator app; answer its secret."""
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    return secret


def test_staff_without_one_are_led_to_set_one_up_and_then_let_in(carol: User) -> None:
    browser = sign_in()
    led = browser.get(LIST)
    assert (led.status_code, led["Location"]) == (302, SET_UP)
    page = to_setting_up(browser)
    assert "The back office asks for a second factor." in page.content.decode()
    secret = page.context["form"].secret
    done = browser.post(SET_UP, {"code": code_of(secret)})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    assert (
        len(re.findall(r"\b[0-9a-f]{8}\b|\b[0-9]{8}\b", browser.get(done["Location"]).content.decode())) >= 10
    )
    assert browser.get(LIST).status_code == 200


def test_a_wrong_code_sets_nothing_up(carol: User) -> None:
    browser = sign_in()
    to_setting_up(browser)
    assert browser.post(SET_UP, {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()
    assert browser.get("/admin/")["Location"] == SET_UP


def test_no_post_gets_past_it(carol: User) -> None:
    row, browser = alert(), sign_in()
    assert act(browser, "security.Alert", "acknowledge", row)["Location"] == SET_UP
    assert Alert.objects.get().status == "open"


def test_who_has_one_signs_in_with_its_code(carol: User) -> None:
    secret = app_of(carol)
    assert sign_in().get("/admin/").status_code == 302, "the password alone signs nobody in"
    assert sign_in(code="000000").get("/admin/")["Location"].startswith("/accounts/login/")
    assert sign_in(code=code_of(secret)).get("/admin/").status_code == 200


def test_a_session_that_showed_none_is_asked_for_a_code_first(carol: User) -> None:
    browser = sign_in()
    secret = app_of(carol)  # set up elsewhere, after this session began
    asked = browser.get(LIST)
    assert asked["Location"] == f"{ASK_AGAIN}?next={LIST.replace('/', '%2F')}"
    answered = browser.post(asked["Location"], {"code": code_of(secret)})
    assert (answered.status_code, answered["Location"]) == (302, LIST)
    assert browser.get(LIST).status_code == 200


def test_codes_are_guessed_no_more_often_than_the_limit_from_anywhere(carol: User) -> None:
    secret = app_of(carol)
    browser = sign_in()
    for number in range(5):
        browser.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"
        wrong = browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert "Incorrect code" in wrong.content.decode()
    late = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert "Too many failed login attempts" in late.content.decode()
    with time_machine.travel(time.time() + 301):
        assert browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302


def test_customers_are_refused_and_not_asked(carol: User) -> None:
    browser = Client()
    browser.force_login(person("alice"))
    assert browser.get("/admin/").status_code == 403


def test_where_it_is_not_demanded_a_password_is_enough(carol: User, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    assert sign_in().get("/admin/").status_code == 200
