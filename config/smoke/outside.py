"""What anybody can see of the site."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from http import HTTPStatus

from django.conf import settings

from config import limits
from config.middleware import WEBHOOK_PATH
from config.smoke.findings import CannotBeSeen, NotAsItShould, wait_until_right
from config.smoke.site import Site
from foundation.money import in_words
from tokens.queries import packages

PAGES = ("/", "/buy-tokens", "/accounts/login/", "/accounts/signup/", "/api/docs/", "/api/schema/")
STYLE_SHEET = re.compile(r'<link[^>]*href="([^"]+\.css)"')
# Header by header, what must be in it.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"),
    "X-Frame-Options": ("DENY",),
    "X-Content-Type-Options": ("nosniff",),
    "Referrer-Policy": ("same-origin",),
    "Permissions-Policy": ("payment=()",),
    "Cross-Origin-Opener-Policy": ("same-origin",),
    "X-Request-ID": (),
}
HSTS = {"Strict-Transport-Security": (f"max-age={limits.HSTS_SECONDS}",)}
STALE_SECONDS = 600  # twice as old as an event may be
UNAUTHORIZED = HTTPStatus.UNAUTHORIZED
STRANGERS: tuple[tuple[str, str, int, dict[str, str]], ...] = (
    ("GET", "/api/tokens/balance", UNAUTHORIZED, {}),
    ("GET", "/api/tokens/transactions", UNAUTHORIZED, {}),
    ("GET", "/api/tokens/purchases", UNAUTHORIZED, {}),
    ("POST", "/api/tokens/purchases", UNAUTHORIZED, {}),
    ("POST", "/api/tokens/spend", UNAUTHORIZED, {}),
    ("POST", "/api/tokens/grants", UNAUTHORIZED, {}),
    ("POST", "/api/tokens/holds", UNAUTHORIZED, {}),
    ("GET", "/api/tokens/balance", UNAUTHORIZED, {"Authorization": "Api-Key nobody.nothing"}),
    ("GET", "/api/tokens/balance", UNAUTHORIZED, {"Authorization": "Bearer not.a.token"}),
    ("GET", "/wallet", HTTPStatus.FOUND, {}),
    ("GET", "/admin/", HTTPStatus.FOUND, {}),
    ("GET", "/metrics", HTTPStatus.NOT_FOUND, {}),
)


def health(site: Site) -> str:
    """The site lives, and lacks nothing that it uses."""
    site.expect(HTTPStatus.OK, "GET", "/health/live")

    def ready() -> str:
        checks: dict[str, str] = site.expect(HTTPStatus.OK, "GET", "/health/ready").json()["checks"]
        if wanting := [name for name, state in checks.items() if state != "ok"]:
            raise NotAsItShould(f"degraded: {', '.join(wanting)}")
        return ", ".join(checks)

    return f"alive; {wait_until_right(ready)} in order"


def version(site: Site) -> str:
    """The site runs what we are."""
    found = site.get("/health/live").json().get("version")
    if found != settings.VERSION:
        raise NotAsItShould(f"the site runs {found}, and this is {settings.VERSION}")
    return str(found)


def pages(site: Site) -> str:
    """Pages are shown, and their style comes with them."""
    for path in PAGES:
        site.expect(HTTPStatus.OK, "GET", path)
    sheets = STYLE_SHEET.findall(site.get("/").text)
    if not sheets:
        raise NotAsItShould("the first page has no style sheet")
    for sheet in sheets:
        site.expect(HTTPStatus.OK, "GET", sheet)
    return f"{len(PAGES)} pages, {len(sheets)} style sheets"


def catalogue(site: Site) -> str:
    """What is on sale has the price that the database has, in the API and on the page."""
    answer = site.expect(HTTPStatus.OK, "GET", "/api/tokens/packages").json()
    shown = {each["code"]: (each["total_tokens"], each["price_cents"]) for each in answer}
    meant = {each.code: (each.total_tokens, each.price_cents) for each in packages.on_sale()}
    if not meant:
        raise NotAsItShould("nothing is on sale: manage.py seed_catalog")
    if shown != meant:
        raise NotAsItShould(f"the API sells {shown}, the database says {meant}")
    page = site.get("/buy-tokens").text
    prices = [in_words(each.price_cents, each.currency) for each in packages.on_sale()]
    if missing := [price for price in prices if price not in page]:
        raise NotAsItShould(f"the page does not show {', '.join(missing)}")
    return ", ".join(f"{code} {price}" for code, price in zip(meant, prices, strict=True))


def headers(site: Site) -> str:
    """Browsers are told what they may not do."""
    found = site.get("/").headers
    wanted = {**HEADERS, **(HSTS if site.is_secure else {})}
    wrong = [
        name
        for name, parts in wanted.items()
        if name not in found or any(part not in found[name] for part in parts)
    ]
    if wrong:
        raise NotAsItShould(f"missing or wrong: {', '.join(wrong)}")
    login = site.get("/accounts/login/").headers.get("Set-Cookie", "")
    flags = ["SameSite=", *(["Secure", "__Host-"] if site.is_secure else [])]
    if missing := [flag for flag in flags if flag not in login]:
        raise NotAsItShould(f"the cookie of the sign-in page lacks {', '.join(missing)}")
    return f"{len(wanted)} headers, cookies"


def webhook(site: Site) -> str:
    """An event that Stripe has not signed just now is refused."""
    event = {"id": "evt_smoke", "object": "event", "type": "ping", "livemode": settings.STRIPE_LIVE_MODE}
    body = json.dumps({**event, "created": 1, "data": {"object": {}}})
    tries = {"unsigned": ""}
    for number, secret in enumerate(settings.STRIPE_WEBHOOK_SECRETS, 1):
        tries[f"stale, signed with secret {number}"] = _signed(body, secret, int(time.time()) - STALE_SECONDS)
    for words, signature in tries.items():
        answer = site.ask("POST", WEBHOOK_PATH, data=body, headers={"Stripe-Signature": signature})
        if (answer.status_code, answer.json().get("code")) != (HTTPStatus.BAD_REQUEST, "invalid_signature"):
            raise NotAsItShould(f"an event that is {words} is answered {answer.status_code}")
    if len(tries) == 1:
        raise CannotBeSeen("unsigned: refused; stale: STRIPE_WEBHOOK_SECRET is not set here")
    return f"refused: {'; '.join(tries)}"


def _signed(body: str, secret: str, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def strangers(site: Site) -> str:
    """Whoever is not signed in gets nowhere."""
    for method, path, status, sent in STRANGERS:
        site.expect(status, method, path, headers=sent)
    return f"{len(STRANGERS)} requests refused"
