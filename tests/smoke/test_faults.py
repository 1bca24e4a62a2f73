"""Each fault that `manage.py smoke` is there for is found, and named in words."""

import io
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from config import limits
from config.signs_of_life import BEAT_SIGN, SIGNS
from config.smoke.findings import NotAsItShould, wait_until_right
from config.smoke.runner import CHECKS
from payments.gateways.stripe_api import client
from payments.kinds import ENDPOINT_EVENTS
from payments.models import PackagePublication
from sandbox.processes import free_port
from sandbox.stripe.client import SandboxControls
from tests.smoke.conftest import Smoke
from tests.support.bent_site import Answer, BentSite
from tests.support.database import as_owner
from tests.support.shop import Shop

Bend = Callable[[Answer], object]


def at(path: str, change: Callable[[Answer], object]) -> Bend:
    return lambda answer: change(answer) if answer.path == path else None


def answered(status: int) -> Callable[[Answer], object]:
    return lambda answer: setattr(answer, "status", status)


def replaced(old: str, new: str) -> Callable[[Answer], object]:
    return lambda answer: setattr(answer, "body", answer.body.replace(old, new))


def without_header(name: str) -> Callable[[Answer], object]:
    return lambda answer: answer.headers.pop(name)


def with_header(name: str, value: str) -> Callable[[Answer], object]:
    return lambda answer: answer.headers.update({name: value})


FAULTS: dict[str, tuple[str, Bend, str]] = {
    "dead": ("health", at("/health/live", answered(502)), "answered 502"),
    "degraded": ("health", at("/health/ready", replaced('"redis": "ok"', '"redis": "degraded"')), "redis"),
    "old": ("version", at("/health/live", replaced("development", "old")), "the site runs old"),
    "no page": ("pages", at("/api/docs/", answered(404)), "/api/docs/ is answered 404"),
    "no style": ("pages", at("/", replaced(".css", ".txt")), "no style sheet"),
    "cheap": ("packages", at("/api/tokens/packages", replaced("1499", "1")), "the database says"),
    "unpriced": ("packages", at("/buy-tokens", replaced("$14.99", "$1.49")), "does not show $14.99"),
    "no policy": ("headers", without_header("Content-Security-Policy"), "Content-Security-Policy"),
    "framed": ("headers", with_header("X-Frame-Options", "SAMEORIGIN"), "X-Frame-Options"),
    "cookie": (
        "headers",
        at("/accounts/login/", lambda answer: setattr(answer, "cookies", ["csrf=1"])),
        "lacks SameSite=",
    ),
    "gullible": ("webhook", at("/api/stripe/webhook", answered(200)), "unsigned is answered 200"),
    "open": ("strangers", at("/api/tokens/balance", answered(200)), "/api/tokens/balance is answered 200"),
}


def test_each_fault_of_the_site_is_found_by_its_check(shop: Shop, live_server: LiveServer, smoke: Smoke):
    """One shop for all of them: what is bent is its answers."""
    for name, (check, bend, words) in FAULTS.items():
        with BentSite(live_server.url, bend) as site:
            verdict, told = smoke(site.url, "--only", check)[check]
        assert verdict == "failed", name
        assert words in told, name
    with BentSite(live_server.url, lambda answer: None) as site:
        checked = {check for check, _, _ in FAULTS.values()}
        found = smoke(site.url, "--only", ",".join(checked))
    assert {name for name, (verdict, _) in found.items() if verdict != "ok"} <= {"health"}, found


def test_where_nobody_answers_every_look_at_the_site_fails_and_ends(smoke: Smoke, db: None):
    outside = ("health", "version", "pages", "packages", "headers", "webhook", "strangers")
    found = smoke(f"http://127.0.0.1:{free_port()}", "--only", ",".join(outside))
    assert {verdict for verdict, _ in found.values()} == {"failed"}
    assert all("no answer" in words for _, words in found.values())


@pytest.mark.django_db(transaction=True)
def test_an_empty_shop_and_a_missing_secret_are_told(
    live_server: LiveServer, smoke: Smoke, settings: Settings
):
    settings.STRIPE_WEBHOOK_SECRETS = []
    found = smoke(live_server.url, "--only", "packages")
    assert found["packages"] == ("failed", "nothing is on sale: manage.py seed_catalog")


def test_without_the_secret_only_unsigned_events_are_tried(
    shop: Shop, live_server: LiveServer, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "STRIPE_WEBHOOK_SECRETS", ())
    verdict, words = smoke(live_server.url, "--only", "webhook")["webhook"]
    assert verdict == "skipped"
    assert "STRIPE_WEBHOOK_SECRET" in words


PURCHASE_FAULTS: dict[str, tuple[Bend, str]] = {
    "uncredited": (
        lambda answer: _rewrite(answer, "/api/tokens/purchases/", status="open"),
        "purchase is open",
    ),
    "too few": (lambda answer: _rewrite(answer, "/api/tokens/balance", balance=7), "7 became 7"),
}


def _rewrite(answer: Answer, path: str, **members: Any) -> None:
    if answer.path.startswith(path) and answer.status == HTTPStatus.OK:
        answer.body = json.dumps({**json.loads(answer.body), **members})


def test_a_purchase_that_does_not_end_in_tokens_fails_and_stripes_own_checkout_is_for_a_person(
    shop: Shop, live_server: LiveServer, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
):
    for bend, words in PURCHASE_FAULTS.values():
        with BentSite(live_server.url, bend) as site:
            verdict, told = smoke(site.url, "--only", "", "--purchase")["purchase"]
        assert verdict == "failed"
        assert words in told
    monkeypatch.setattr(settings, "STRIPE_API_BASE", "")
    verdict, told = smoke(live_server.url, "--only", "", "--purchase")["purchase"]
    assert verdict == "for a person"
    assert "/pay/" in told


def test_a_database_that_lags_behind_or_lets_the_product_write_the_ledger(
    transactional_db: None, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
):
    with as_owner():
        assert "may write the ledger" in smoke("http://x", "--only", "database")["database"][1]
    monkeypatch.setattr(
        "config.smoke.inside.MigrationExecutor.migration_plan",
        lambda executor, leaves: [("tokens.0099", False)],
    )
    assert "1 migrations are not applied" in smoke("http://x", "--only", "database")["database"][1]
    assert not connection.in_atomic_block


def test_what_stripe_sells_otherwise_or_does_not_know_is_named(
    shop: Shop, stripe_sandbox: SandboxControls, smoke: Smoke, settings: Settings
):
    prices = dict(PackagePublication.objects.values_list("package_id", "stripe_price_id"))
    stripe_sandbox.edit(prices["basic"], active=False)
    stripe_sandbox.edit(prices["pro"], livemode=True)
    PackagePublication.objects.filter(package_id="premium").update(stripe_price_id="price_nobody_knows")
    verdict, words = smoke("http://x", "--only", "stripe")["stripe"]
    assert verdict == "failed"
    assert "basic: " in words
    assert "pro: its price is of the live mode" in words
    assert "premium: Stripe does not know its price" in words

    stripe_sandbox.fail_next(20, status=500)
    verdict, words = smoke("http://x", "--only", "stripe")["stripe"]
    stripe_sandbox.stop_failing()
    assert verdict == "failed"
    assert "payments_unavailable" in words


def test_an_endpoint_that_is_missing_or_tells_too_little_is_named(
    transactional_db: None, stripe_sandbox: SandboxControls, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
):
    client()  # is made once for a process, whichever test comes first: for the stand-in, not for Stripe itself
    monkeypatch.setattr(settings, "STRIPE_API_BASE", "")
    url = f"{settings.SITE_URL}/api/stripe/webhook"
    assert "no endpoint tells" in smoke("http://x", "--only", "stripe")["stripe"][1]
    stripe_sandbox.register_endpoint(url, enabled_events=["charge.succeeded"])
    with monkeypatch.context() as later:
        later.setattr(settings, "STRIPE_API_VERSION", "2027-01-01.next")
        assert "of the API version" in smoke("http://x", "--only", "stripe")["stripe"][1]
    assert "does not tell of every event" in smoke("http://x", "--only", "stripe")["stripe"][1]
    stripe_sandbox.register_endpoint(url, enabled_events=sorted(ENDPOINT_EVENTS))
    assert smoke("http://x", "--only", "stripe")["stripe"] == (
        "ok",
        "test mode, prices as ours, told of events",
    )


def test_beat_without_a_sign_and_a_check_that_breaks_are_told(db: None, smoke: Smoke, settings: Settings):
    assert smoke("http://x", "--only", "beat")["beat"] == ("failed", "no sign of life")
    caches[SIGNS].set(BEAT_SIGN, settings.VERSION)
    assert smoke("http://x", "--only", "beat")["beat"] == ("ok", settings.VERSION)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    verdict, words = smoke("http://x", "--only", "workers")["workers"]
    assert verdict == "failed"
    assert "Error" in words


def test_what_follows_by_itself_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "SMOKE_PAUSE_SECONDS", 0)
    looks = iter([NotAsItShould("not yet"), NotAsItShould("not yet"), None])

    def look() -> str:
        if wrong := next(looks):
            raise wrong
        return "there"

    assert wait_until_right(look) == "there"


def test_wrong_usage_is_told_and_a_person_gets_a_table(db: None):
    for arguments in (["ftp://x"], ["http://x", "--only", "weather"], ["http://x", "--without", "weather"]):
        with pytest.raises(CommandError) as refused:
            call_command("smoke", *arguments, stdout=io.StringIO())
        assert refused.value.returncode == 2
    out = io.StringIO()
    call_command("smoke", "http://x", "--only", "tls", stdout=out)
    first, last = out.getvalue().splitlines()
    assert first.split()[:2] == ["tls", "skipped"]
    assert last == "http://x (development): 1 skipped."
    out = io.StringIO()
    call_command("smoke", "http://x", "--without", ",".join(CHECKS), stdout=out)
    assert "nothing was looked at" in out.getvalue()
