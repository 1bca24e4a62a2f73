"""An address that floods the webhook with bad signatures is told to wait; Stripe never is."""

import json
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from payments.models import InboxEvent
from security.limits import BAD_SIGNATURES_PER_MINUTE_MAX
from tests.support.shop import Shop
from tests.support.webhook import URL, post, signed

HERE, THERE = ({"X-Forwarded-For": address} for address in ("198.51.100.7", "198.51.100.8"))


def tell(body: bytes, signature: str, headers: dict[str, str]) -> Any:
    headers = {**headers, "Stripe-Signature": signature}
    return Client().post(URL, body, content_type="application/json", headers=headers)


def test_after_too_many_bad_signatures_an_address_is_told_to_wait_and_its_good_ones_are_taken(
    shop: Shop, settings: Settings
):
    settings.TRUSTED_PROXIES = 1

    with time_machine.travel(timezone.now(), tick=False):  # within one minute
        answers = [tell(b"{}", "t=1,v1=00", HERE) for _ in range(BAD_SIGNATURES_PER_MINUTE_MAX + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {400}
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "rate_limited")
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert tell(b"{}", "t=1,v1=00", THERE).status_code == 400
    shop.stripe.drop_next(count=100)
    shop.stripe.pay(str(shop.start("alice", "basic").stripe_session_id))
    (event,) = shop.stripe.events(event_type="checkout.session.completed")
    body = json.dumps(event).encode()
    assert tell(body, signed(body), HERE).status_code == 200
    assert InboxEvent.objects.get().status == "processed"


def test_a_bad_signature_is_refused_as_ever_while_nothing_can_be_counted(shop: Shop, settings: Settings):
    nowhere = {"BACKEND": "config.cache.SharedRedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {**settings.CACHES, "counters": nowhere}
    assert post(b"{}", "t=1,v1=00").status_code == 400
