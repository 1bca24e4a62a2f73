"""How often somebody may call the API."""

import time
import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from identity.kinds import SYSTEM_ACTOR, Scope
from identity.models import User
from identity.services import api_keys
from security.models import LimitRefusal
from security.services import api_limits
from tests.security.conftest import NOW
from tests.security.test_purchase_limits import NOWHERE

pytestmark = pytest.mark.django_db
SCOPES = [Scope.TOKENS_READ]
BALANCE, PACKAGES = "/api/tokens/balance", "/api/tokens/packages"


@pytest.fixture(autouse=True)
def low(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three calls a minute, and no minute that ends meanwhile."""
    monkeypatch.setattr(api_limits, "API_CALLS_PER_MINUTE_MAX", 3)
    monkeypatch.setattr(api_limits, "API_KEY_CALLS_PER_MINUTE_MAX", 3)
    with time_machine.travel(timezone.now(), tick=False):
        yield


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_a_customer_who_calls_too_often_is_told_when_to_come_back_and_noted_once(alice: User, bob: User):
    alices, again = browser_of(alice), browser_of(alice)
    for browser in (alices, again, alices):
        assert browser.get(BALANCE).status_code == 200

    for _ in range(4):
        answer = again.get(BALANCE)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 0 < int(answer["Retry-After"]) <= 60

    refusal = LimitRefusal.objects.get()
    assert (refusal.user, refusal.limit, refusal.allowed, refusal.count) == (alice, "api_calls", 3, 1)
    assert browser_of(bob).get(BALANCE).status_code == 200


def test_who_is_not_signed_in_is_counted_by_address(settings: Settings):
    settings.TRUSTED_PROXIES = 1
    here, there = ({"X-Forwarded-For": address} for address in ("198.51.100.7", "198.51.100.8"))
    assert [Client(headers=here).get(PACKAGES).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert Client(headers=there).get(PACKAGES).status_code == 200
    assert not LimitRefusal.objects.exists()


def test_each_key_of_a_service_is_counted_by_itself():
    keys = [
        api_keys.create_api_key(service="renderer", scopes=SCOPES, actor=SYSTEM_ACTOR, now=NOW)
        for _ in range(2)
    ]
    first, second = ({"Authorization": f"Api-Key {key}"} for key in keys)
    address = f"{BALANCE}?user={uuid.uuid4()}"
    answers = [Client(headers=first).get(address) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert Client(headers=second).get(address).status_code == 404


def test_calls_go_on_while_nothing_can_be_counted(alice: User, settings: Settings):
    settings.CACHES = {**settings.CACHES, "counters": NOWHERE}
    browser = browser_of(alice)
    began = time.monotonic()
    assert [browser.get(BALANCE).status_code for _ in range(5)] == [200] * 5
    assert time.monotonic() - began < 10
