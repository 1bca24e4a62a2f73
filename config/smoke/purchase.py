"""A whole purchase, as a customer makes it: sign in, start, pay, see the tokens."""

import secrets
import uuid
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils import timezone

from config.smoke.findings import NotAsItShould, PersonNeeded, wait_until_right
from config.smoke.site import Site
from identity.services.probes import PROBE_EMAIL, prepare_probe_customer
from tokens.queries import packages

LOGIN = "/accounts/login/"
PURCHASES = "/api/tokens/purchases"
BALANCE = "/api/tokens/balance"
CARD = {
    "email": PROBE_EMAIL,
    "card": "4242 4242 4242 4242",
    "expiry": "12 / 49",
    "cvc": "123",
    "name": "Smoke Test",
    "country": "US",
}


def purchase(site: Site) -> str:
    """Buy the cheapest package. Where the checkout is Stripe's own, a person pays at the link that is told."""
    _sign_in(site)
    before = _balance(site)["balance"]
    started = _start(site)
    if not settings.STRIPE_API_BASE:
        raise PersonNeeded(f"pay at {started['checkout_url']} and see the tokens in {site.url}/wallet")
    paid = site.expect(HTTPStatus.SEE_OTHER, "POST", started["checkout_url"], data=CARD)
    landing = paid.headers["Location"].removeprefix(settings.SITE_URL)
    site.expect(HTTPStatus.OK, "GET", landing)

    def credited() -> int:
        found = site.expect(HTTPStatus.OK, "GET", f"{PURCHASES}/{started['id']}").json()
        if found["status"] != "settled":
            raise NotAsItShould(f"paid, and the purchase is {found['status']}")
        return int(_balance(site)["balance"])

    after = wait_until_right(credited)
    if after != before + started["total_tokens"]:
        raise NotAsItShould(f"{started['total_tokens']} tokens were paid for: {before} became {after}")
    return f"{started['package']}: {before} tokens became {after}"


def _sign_in(site: Site) -> None:
    password = secrets.token_urlsafe()
    email = prepare_probe_customer(password=password, now=timezone.now())
    site.expect(HTTPStatus.OK, "GET", LOGIN)
    form = {"login": email, "password": password}
    site.expect(HTTPStatus.FOUND, "POST", LOGIN, data=form, headers=site.form_headers())


def _start(site: Site) -> dict[str, Any]:
    cheapest = min(packages.on_sale(), key=lambda package: package.price_cents)
    headers = {**site.form_headers(), "Idempotency-Key": str(uuid.uuid4())}
    started: dict[str, Any] = site.expect(
        HTTPStatus.CREATED, "POST", PURCHASES, json={"package": cheapest.code}, headers=headers
    ).json()
    return started


def _balance(site: Site) -> dict[str, Any]:
    balance: dict[str, Any] = site.expect(HTTPStatus.OK, "GET", BALANCE).json()
    return balance
