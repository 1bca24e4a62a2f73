"""What is not a fresh, signed event of our mode leaves no row but the alerts that it is worth."""

import json
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.utils import timezone

from payments.limits import WEBHOOK_BODY_BYTES_MAX
from payments.models import InboxEvent
from payments.webhooks import stripe_webhook
from security.limits import BAD_SIGNATURE_BURST
from security.models import Alert
from tests.support.shop import Shop
from tests.support.webhook import SECRET, URL, post, signed
from tokens.models import Entry


@pytest.fixture
def paid_event(shop: Shop) -> dict[str, Any]:
    """The event of a payment that has not been told yet: with a good signature it would credit."""
    purchase = shop.start("alice", "basic")
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    InboxEvent.objects.all().delete()
    return shop.stripe.events(event_type="checkout.session.completed")[0]


def assert_no_trace(shop: Shop) -> None:
    assert not InboxEvent.objects.exists()
    assert not Entry.objects.exists()
    assert shop.wallet("alice").balance == 0


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda body: None, id="missing"),
        pytest.param(lambda body: "", id="empty"),
        pytest.param(lambda body: "t=now,v1=zero", id="malformed"),
        pytest.param(lambda body: "v1=" + "0" * 64, id="without-a-time"),
        pytest.param(lambda body: signed(body, secret="whsec_of_somebody_else"), id="other-secret"),
        pytest.param(lambda body: signed(body, secret=""), id="empty-secret"),
        pytest.param(lambda body: signed(body + b" "), id="other-body"),
        pytest.param(lambda body: signed(body, age=301), id="stale"),
        pytest.param(lambda body: signed(body, age=-330), id="from-the-future"),
        pytest.param(lambda body: signed(body) + ",v0=" + "0" * 3000, id="too-long"),
    ],
)
def test_a_bad_signature_is_answered_400_and_leaves_nothing(shop: Shop, paid_event: dict[str, Any], forge):
    body = json.dumps(paid_event).encode()

    response = post(body, forge(body))

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "invalid_signature"
    assert_no_trace(shop)
    assert not Alert.objects.exists()


def test_the_same_event_with_a_good_signature_credits(shop: Shop, paid_event: dict[str, Any]):
    body = json.dumps(paid_event).encode()

    with time_machine.travel(timezone.now(), tick=False):  # however slow the machine
        assert post(body, signed(body, age=299)).status_code == 200

    assert shop.wallet("alice").balance == 250


def test_a_blank_secret_in_the_settings_verifies_nothing(shop: Shop, paid_event: dict[str, Any], settings):
    settings.STRIPE_WEBHOOK_SECRETS = [""]
    body = json.dumps(paid_event).encode()

    assert post(body, signed(body, secret="")).status_code == 400

    assert_no_trace(shop)


def test_both_secrets_are_good_while_one_is_rolled(shop: Shop, paid_event: dict[str, Any], settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new_new_new_new", SECRET]
    body = json.dumps(paid_event).encode()

    assert post(body, signed(body)).status_code == 200
    assert post(body, signed(body, secret="whsec_new_new_new_new")).status_code == 200

    assert shop.wallet("alice").balance == 250


def test_an_event_of_the_other_mode_is_answered_200_and_only_alerted(shop: Shop, paid_event: dict[str, Any]):
    for number in range(3):
        body = json.dumps({**paid_event, "livemode": True, "id": f"evt_live{number}"}).encode()
        assert post(body, signed(body)).status_code == 200

    assert_no_trace(shop)
    alert = Alert.objects.get()
    assert (alert.kind, alert.count) == ("wrong_livemode", 3)


@pytest.mark.parametrize("size", [WEBHOOK_BODY_BYTES_MAX, 10_000_000])
def test_a_body_larger_than_any_event_is_answered_413(shop: Shop, paid_event: dict[str, Any], size: int):
    body = json.dumps({**paid_event, "filler": "x" * size}).encode()

    response = post(body, signed(body))

    assert response.status_code == 413
    assert_no_trace(shop)


def test_a_body_whose_length_is_a_lie_is_not_read_beyond_the_limit(shop: Shop, paid_event: dict[str, Any]):
    body = json.dumps(paid_event).encode()
    request = RequestFactory().post(
        URL, body, content_type="application/json", headers={"Stripe-Signature": signed(body)}
    )
    request.META["CONTENT_LENGTH"] = ""
    request._stream = BytesIO(
        b" " * (WEBHOOK_BODY_BYTES_MAX + 1)
    )  # as a server that knows no length gives it

    response = stripe_webhook(request)

    assert response.status_code == 413
    assert_no_trace(shop)


class LostConnection(BytesIO):
    """A body whose sender went away."""

    def read(self, *_: object) -> bytes:
        raise ConnectionResetError


def test_a_body_that_does_not_arrive_is_answered_400(shop: Shop, paid_event: dict[str, Any]):
    request = RequestFactory().post(URL, b"{}", content_type="application/json")
    request._stream = LostConnection()

    response = stripe_webhook(request)

    assert response.status_code == 400
    assert_no_trace(shop)


def event(**changes: str) -> bytes:
    """An event's text with some members' texts replaced."""
    members = {
        "id": '"evt_1"',
        "type": '"x"',
        "livemode": "false",
        "created": "1",
        "data": '{"object": {}}',
    } | changes
    return (
        '{"object": "event", ' + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}"
    ).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'"event"',
        b"1e999",
        b"NaN",
        b"[" * 100_000,
        b"{}",
        b'{"object": "event"}',
        event(id="7"),
        event(id='""'),
        event(id='"evt\\u0000"'),
        event(id=f'"evt_{"x" * 300}"'),
        event(type="null"),
        event(livemode="0"),
        event(created='"1"'),
        event(created="1e30"),
        event(created="-1"),
        event(data="[]"),
        event(data='{"object": []}'),
        event(data='{"object": {"a": NaN}}'),
        event(data='{"object": {"a": 1e999}}'),
        event(data='{"object": {"a": "\\u0000"}}'),
        event(data='{"object": {"a": "\\ud800"}}'),
    ],
    ids=range(26),
)
def test_what_is_signed_and_yet_no_event_is_answered_400(shop: Shop, body: bytes):
    response = post(body, signed(body))

    assert response.status_code == 400
    assert not InboxEvent.objects.filter(type="x").exists()


def test_a_backslash_before_u0000_is_only_text(shop: Shop):
    body = event(data='{"object": {"a": "\\\\u0000"}}')

    assert post(body, signed(body)).status_code == 200

    assert InboxEvent.objects.get(type="x").payload["data"]["object"] == {"a": "\\u0000"}


@pytest.mark.parametrize(
    "thing",
    [
        {},
        {"metadata": None},
        {"metadata": []},
        {"metadata": {"purchase_id": "no uuid"}},
        {"metadata": {"purchase_id": ["no uuid"]}, "id": 5, "payment_intent": 6, "amount_total": "12"},
        {"metadata": "purchase_id", "client_reference_id": {"purchase_id": 1}},
    ],
    ids=range(6),
)
@pytest.mark.parametrize("event_type", ["checkout.session.completed", "payment_intent.payment_failed", "x.y"])
def test_a_signed_event_with_an_odd_object_is_stored_and_breaks_nothing(shop: Shop, thing, event_type: str):
    shop.customer("alice")
    body = json.dumps(
        {
            "object": "event",
            "id": "evt_odd",
            "type": event_type,
            "livemode": False,
            "created": 1_790_000_000,
            "data": {"object": thing},
        }
    ).encode()

    response = post(body, signed(body))

    assert response.status_code == 200
    assert InboxEvent.objects.get(stripe_event_id="evt_odd").status == "ignored"
    assert not Entry.objects.exists()


def test_a_paid_session_of_an_unknown_purchase_is_stored_and_tried_again(
    shop: Shop, paid_event: dict[str, Any]
):
    session = paid_event["data"]["object"]
    session["client_reference_id"] = "01a20573-c2c8-711d-ac36-000000000000"
    body = json.dumps({**paid_event, "id": "evt_unknown"}).encode()

    assert post(body, signed(body)).status_code == 200

    row = InboxEvent.objects.get(stripe_event_id="evt_unknown")
    assert (row.status, row.error_code) == ("failed", "purchase_unknown")
    assert row.due_at is not None
    assert not Entry.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_post_is_answered(shop: Shop, method: str):
    assert getattr(Client(), method)(URL).status_code == 405


def test_a_burst_of_bad_signatures_makes_one_alert(shop: Shop):
    for _ in range(BAD_SIGNATURE_BURST + 20):
        assert post(b"{}", "t=1,v1=00").status_code == 400

    alert = Alert.objects.get()
    assert alert.kind == "bad_signatures"
