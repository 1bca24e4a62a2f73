"""The account's pages, from signing up to signing in with a second step."""

import re
import time

import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from tests.support.shop import PASSWORD

CODE_SECONDS = 30


def link_in_mail():
    """The first address in the last mail, without the site's."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def heading(page, name):
    page.get_by_role("heading", level=1, name=name).wait_for()


def sign_in(page, password=PASSWORD):
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def code_for(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // CODE_SECONDS))


def test_a_stranger_signs_up_and_confirms_their_address(visitor, shop):
    page = visitor.page
    visitor.open("/accounts/signup/?next=/buy-tokens")
    page.get_by_label("Email").fill("dave@example.com")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password (again)").fill("other")
    press(page, "Create the account")
    page.get_by_text("This password is too short.").wait_for()
    visitor.look("sign-up-wrong-desk")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    press(page, "Create the account")
    page.wait_for_url("**/buy-tokens")
    visitor.look("signed-up-desk")

    visitor.open(link_in_mail())
    visitor.look("e-mail-confirm-desk")
    press(page, "Confirm")
    page.get_by_text("You have confirmed dave@example.com.").wait_for()
    assert EmailAddress.objects.get(email="dave@example.com").verified


def test_wrong_credentials_are_told_at_the_form(visitor, alice):
    sign_in(visitor.page, password="not the password")
    visitor.page.get_by_role("alert").wait_for()
    visitor.look("sign-in-wrong-desk")


def test_a_forgotten_password_is_set_anew_by_mail(visit, alice):
    with visit(phone=True) as visitor:
        page = visitor.page
        visitor.open("/accounts/password/reset/")
        page.get_by_label("Email").fill("alice@example.com")
        press(page, "Reset My Password")
        heading(page, "Password Reset")
        visitor.open(link_in_mail())
        visitor.look("password-new-phone")
        page.get_by_label("New Password", exact=True).fill("a quite different phrase")
        page.get_by_label("New Password (again)").fill("a quite different phrase")
        press(page, "Change Password")
        page.get_by_text("Password successfully changed.").wait_for()
        visitor.look("password-changed-phone")
    alice.refresh_from_db()
    assert alice.check_password("a quite different phrase")


def test_a_second_step_is_set_up_and_asked_for(visitor, alice):
    page = visitor.page
    sign_in(page)
    heading(page, "Your wallet")
    visitor.open("/accounts/2fa/totp/activate/")
    heading(page, "Confirm Access")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Confirm")
    heading(page, "Activate Authenticator App")
    visitor.look("totp-activate-desk")
    secret = page.get_by_label("Authenticator secret").input_value()
    with time_machine.travel(
        time.time() // CODE_SECONDS * CODE_SECONDS
    ):  # it holds for all of its half minute
        page.get_by_label("Authenticator code").fill(code_for(secret))
        press(page, "Activate")
        heading(page, "Recovery Codes")
    visitor.look("recovery-codes-desk")
    visitor.open("/accounts/2fa/")
    visitor.look("two-step-active-desk")
    visitor.open("/accounts/2fa/recovery-codes/generate/")
    visitor.look("recovery-codes-generate-desk")
    visitor.open("/accounts/2fa/totp/deactivate/")
    visitor.look("totp-deactivate-desk")

    visitor.context.clear_cookies()
    sign_in(page)
    heading(page, "Two-Factor Authentication")
    visitor.look("totp-ask-desk")


def test_somebody_sees_where_they_are_signed_in_and_signs_the_others_out(visit, alice):
    lost = Client(
        headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    )
    lost.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    with visit(phone=True) as visitor:
        page = visitor.page
        sign_in(page)
        heading(page, "Your wallet")
        visitor.open("/accounts/sessions/")
        visitor.look("devices-phone")
        press(page, "Sign the others out")
        page.get_by_text("Signed out of all other sessions.").wait_for()
        assert page.get_by_text("Firefox/140.0").count() == 0
    assert lost.get("/wallet").status_code == 302


def test_changing_something_that_matters_asks_for_the_password_again(visit, alice):
    with visit(dark=True) as visitor:
        visitor.sign_in_quietly(alice)
        visitor.open("/accounts/2fa/totp/activate/")
        heading(visitor.page, "Confirm Access")
        visitor.look("confirm-access-dark")
