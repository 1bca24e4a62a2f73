"""What holds on every page of the site."""

import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from tests.pages.test_buying import words

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/buy-tokens",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/logout/",
    "/accounts/password/reset/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/3rdparty/",
    "/accounts/sessions/",
    "/wallet",
    "/no-such-page",
]


@pytest.fixture
def every_page(alices, packages):
    return {path: alices.get(path, follow=True) for path in PAGES}


def test_every_page_says_that_it_is_a_sandbox(every_page):
    for path, page in every_page.items():
        assert "Sandbox — no real money" in words(page), path


def test_no_page_says_so_where_money_is_real(alices, packages, settings):
    settings.SANDBOX = False
    for path in PAGES:
        assert "no real money" not in words(alices.get(path, follow=True)), path


def test_no_page_has_inline_script_or_style_or_names_another_site(every_page):
    for path, page in every_page.items():
        html = page.content.decode()
        for script in re.findall(r"<script[^>]*>", html):
            assert " src=" in script or "application/json" in script, path
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html), path
        for address in re.findall(r'(?:src|href|action|content)="(https?:[^"]+)"', html):
            assert address.startswith(settings.SITE_URL), f"{path} names {address}"


def test_every_page_has_a_language_a_title_and_one_heading(every_page):
    for path, page in every_page.items():
        html = page.content.decode()
        assert '<html lang="en">' in html, path
        assert re.search(r"<title>\s*[^<\s][^<]* · Tokens</title>", html), path
        assert html.count("<h1") == 1, path


def test_the_content_policy_allows_only_our_own_files(client, packages):
    policy = client.get("/buy-tokens")["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert f"{rule};" in f"{policy};"
    assert "unsafe" not in policy


def test_the_front_page_tells_a_stranger_what_tokens_are_and_cost(client, packages):
    page = words(client.get("/"))
    assert "unused tokens do not expire" in page
    assert "250 tokens $14.99" in page


def test_the_front_page_shows_a_customer_their_balance_and_its_worth(alice, alices, buy, pay):
    assert "Your balance 0 tokens" in words(alices.get("/"))
    purchase = pay(buy(alices))
    alices.get("/checkout/success", {"session_id": purchase.stripe_session_id})
    page = words(alices.get("/"))
    assert "Your balance 250 tokens ≈ $24.95 at the regular price of $0.100 a token" in page


def test_the_front_page_takes_no_posts(client):
    assert client.post("/").status_code == 405


def test_robots_are_kept_out_of_what_is_personal(client):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    for private in ("/wallet", "/purchases/", "/checkout/", "/accounts/", "/admin/", "/api/"):
        assert f"Disallow: {private}\n" in answer.content.decode()


def test_the_old_address_of_the_icon_leads_to_it(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert finders.find(answer["Location"].removeprefix("/static/"))


@pytest.mark.parametrize(
    "path", ["/nothing", "/purchases/nonsense", "/purchases/01a20573-c2c8-711d-ac36-000000000000"]
)
def test_what_is_not_there_is_a_page_that_says_so(alices, path):
    answer = alices.get(path)
    assert answer.status_code == 404
    assert "There is no such" in words(answer)


@pytest.mark.parametrize("path", ["/", "/buy-tokens", "/wallet", "/accounts/email/"])
def test_the_menu_says_where_one_is(alices, packages, path):
    here = re.findall(r'href="([^"]+)"\s+aria-current="page"', alices.get(path).content.decode())
    assert set(here) == ({path} if path != "/" else set())
