"""Five thousand deliveries that nobody should send: no 5xx, no row where there should be none, no memory kept."""

import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from payments.models import InboxEvent, Purchase
from security.models import Alert
from tests.admin.rows import purchase
from tests.fuzz.deliveries import HEADERS, NOISE, SECONDS, SIGNATURES, TYPES, changed, changes
from tests.support.webhook import URL, signed
from tests.support.wsgi import call
from tokens.models import Entry, Wallet

REFUSED = {400, 413, 429}
PURCHASE_ID = "01a20573-c2c8-711d-ac36-00000000f022"
EVENT: dict[str, Any] = {
    "object": "event",
    "id": "evt_fuzz",
    "api_version": "2026-08-26.dahlia",
    "type": "checkout.session.completed",
    "livemode": False,
    "created": SECONDS,
    "pending_webhooks": 1,
    "data": {
        "object": {
            "object": "checkout.session",
            "id": "cs_test_alice",
            "client_reference_id": PURCHASE_ID,
            "metadata": {"purchase_id": PURCHASE_ID, "package": "basic", "tokens": "200", "bonus": "50"},
            "status": "complete",
            "payment_status": "paid",
            "amount_total": 1499,
            "currency": "usd",
            "customer": "cus_alice",
            "payment_intent": "pi_alice",
            "livemode": False,
        }
    },
}
# Deliveries of which nothing may come are looked at so many at a time.
TOGETHER = 5
SAMPLE, WARM_UP_ROUNDS, ROUNDS = 40, 2, 3
GROWTH_BYTES_MAX = 4 * 2**20
# A failing example is told as it is: it is small, and shrinking would send thousands more.
FUZZ = settings(
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def together(delivery: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(delivery, min_size=TOGETHER, max_size=TOGETHER)


@pytest.fixture
def _alices_purchase(db: None) -> None:
    purchase(id=PURCHASE_ID, stripe_customer_id="cus_alice")


@contextmanager
def undone() -> Iterator[None]:
    """What a delivery leads to is looked at, and then taken back: each meets the same shop."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def assert_nothing_came_of_it() -> None:
    assert not InboxEvent.objects.exists()
    assert not Entry.objects.exists()
    assert Purchase.objects.get().status == "open"
    assert not Wallet.objects.exclude(balance=0).exists()
    assert set(Alert.objects.values_list("kind", flat=True)) <= {"bad_signatures"}


@settings(FUZZ, max_examples=2000 // TOGETHER)
@given(deliveries=together(st.tuples(NOISE, SIGNATURES, HEADERS)))
@pytest.mark.usefixtures("_alices_purchase")
def test_noise_is_refused_and_leaves_nothing(deliveries: list[tuple[bytes, str, dict[str, str]]]) -> None:
    with undone():
        for body, signature, headers in deliveries:
            status, _ = call(URL, body, **{"HTTP_STRIPE_SIGNATURE": signature, **headers})
            assert status in REFUSED, (body[:100], signature, headers)
        assert_nothing_came_of_it()


@settings(FUZZ, max_examples=1500 // TOGETHER)
@given(deliveries=together(st.tuples(NOISE, HEADERS)))
@pytest.mark.usefixtures("_alices_purchase")
def test_signed_noise_is_refused_and_leaves_nothing(deliveries: list[tuple[bytes, dict[str, str]]]) -> None:
    with undone():
        for body, headers in deliveries:
            status, _ = call(URL, body, **{**headers, "HTTP_STRIPE_SIGNATURE": signed(body)})
            assert status in REFUSED, (body[:100], headers)
        assert_nothing_came_of_it()


@settings(FUZZ, max_examples=1500)
@given(data=st.data(), event_type=st.sampled_from(TYPES))
@pytest.mark.usefixtures("_alices_purchase")
def test_a_changed_event_is_stored_or_refused_and_credits_only_what_was_bought(
    data: st.DataObject, event_type: str
) -> None:
    event = changed(EVENT | {"type": event_type}, data.draw(changes(EVENT)))
    with undone():
        status, answer = call(URL, _body(event), HTTP_STRIPE_SIGNATURE=signed(_body(event)))
        if status == 200 and json.loads(answer)["status"] != "ignored":
            assert InboxEvent.objects.get().stripe_event_id == event["id"]
        elif status != 200:
            assert status == 400
            assert_nothing_came_of_it()
        if Entry.objects.exists():
            assert_it_was_bought(event)
        else:
            assert not Wallet.objects.exclude(balance=0).exists()


def _body(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def assert_it_was_bought(event: dict[str, Any]) -> None:
    """Said again, in the test's own words: what must be true of an event for tokens to come of it."""
    session, bought = event["data"]["object"], EVENT["data"]["object"]
    assert event["object"] == "event"
    assert event["type"].startswith("checkout.session.")
    assert event["type"] != "checkout.session.async_payment_failed"
    assert event["livemode"] is False
    assert session.get("livemode") is not True
    assert (session["id"], session["payment_status"]) == (bought["id"], "paid")
    assert (session["amount_total"], session["currency"].lower()) == (1499, "usd")
    assert session["metadata"]["package"] == "basic"
    named = session.get("client_reference_id") or session["metadata"]["purchase_id"]
    assert named == PURCHASE_ID
    assert Entry.objects.get().purchase_id == Purchase.objects.get().id
    assert list(Wallet.objects.values_list("balance", flat=True)) == [250]


@pytest.mark.usefixtures("_alices_purchase")
def test_the_event_itself_credits() -> None:
    """Else the others would prove nothing."""
    assert call(URL, _body(EVENT), HTTP_STRIPE_SIGNATURE=signed(_body(EVENT)))[0] == 200
    assert_it_was_bought(EVENT)


@pytest.mark.usefixtures("_alices_purchase")
def test_deliveries_of_every_kind_leave_no_memory_behind(caplog: pytest.LogCaptureFixture) -> None:
    sample = _sample()

    def send_all() -> int:
        """Send everything; give the bytes that the process holds afterwards."""
        for body, signature in sample:
            with undone():
                call(URL, body, HTTP_STRIPE_SIGNATURE=signature)
        caplog.clear()
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    settled = max(send_all() for _ in range(WARM_UP_ROUNDS))
    assert min(send_all() for _ in range(ROUNDS)) - settled < GROWTH_BYTES_MAX


def _sample() -> list[tuple[bytes, str]]:
    """Some hundred deliveries: noise, signed noise, changed events, the largest that is read."""
    chosen: list[tuple[bytes, str]] = []

    @settings(FUZZ, max_examples=SAMPLE, derandomize=True)
    @given(body=NOISE, signature=SIGNATURES, edits=changes(EVENT))
    def choose(body: bytes, signature: str, edits: list[Any]) -> None:
        event = _body(changed(EVENT, edits))
        chosen.extend([(body, signature), (body, signed(body)), (event, signed(event))])

    choose()
    large = _body(EVENT | {"filler": "x" * 500_000})
    return [*chosen, (large, signed(large))]


@pytest.mark.parametrize("length", ["9" * 12, "9" * 13, "9" * 5000])
@pytest.mark.usefixtures("_alices_purchase")
def test_a_length_beyond_reading_is_too_large(length: str) -> None:
    body = _body(EVENT)
    assert call(URL, body, HTTP_STRIPE_SIGNATURE=signed(body), CONTENT_LENGTH=length)[0] == 413
    assert_nothing_came_of_it()
