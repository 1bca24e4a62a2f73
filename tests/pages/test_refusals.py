"""How pages say no: a site of a few views that fail in all the ways views can."""

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.db import OperationalError
from django.test import Client

from tests.pages.test_buying import words


@pytest.fixture
def browser(settings, db):
    settings.ROOT_URLCONF = "tests.support.failing_urls"
    return Client(raise_request_exception=False)


def test_a_refusal_becomes_a_page_in_its_words_with_its_status(browser):
    answer = browser.get("/fails/refused")
    assert (answer.status_code, answer["Retry-After"]) == (429, "240")
    page = words(answer)
    assert "Not so fast. You have bought five times this hour. Nothing was changed." in page
    assert "Please try again in 4 minutes." in page


def test_a_refusal_without_more_to_say_says_it_once(browser):
    answer = browser.get("/fails/briefly")
    assert answer.status_code == 409
    assert "Retry-After" not in answer
    assert (
        answer.content.decode().count("It was done already.") == 2
    )  # the title of the window and the heading


@pytest.mark.parametrize("name", ["database", "interface", "redis"])
def test_when_the_database_or_redis_is_gone_the_page_says_to_try_again(browser, name):
    answer = browser.get(f"/fails/{name}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "We cannot be reached for a moment" in words(answer)
    assert "10.0.0" not in answer.content.decode()
    assert "Sandbox — no real money" in words(answer)


def test_an_outage_before_any_view_is_told_the_same_way(browser, monkeypatch):
    def lost(self, request):
        raise OperationalError("the session cannot be read")

    monkeypatch.setattr(AuthenticationMiddleware, "process_request", lost)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "We cannot be reached for a moment" in words(answer)


def test_a_bug_is_a_page_that_tells_nothing_of_it(browser):
    answer = browser.get("/fails/bug")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in words(answer)
    assert "division" not in answer.content.decode()
    assert "Sandbox — no real money" in words(answer)


def test_what_is_forbidden_or_malformed_has_its_page(browser):
    assert "You may not open this page" in words(browser.get("/fails/forbidden"))
    assert "could not be read" in words(browser.get("/fails/bad"))


@pytest.mark.parametrize("name", ["refused", "database", "bug"])
def test_under_api_nothing_is_answered_with_a_page(browser, name):
    assert "<html" not in browser.get(f"/api/fails/{name}").content.decode()
