"""Sessions: opened, paid, declined, expired."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from sandbox.stripe.client import SandboxRefused
from tests.sandbox.stripe.support import open_session

DECLINED = "4000 0000 0000 0002"
METADATA = {"purchase_id": "p1", "package": "basic"}


def test_an_open_session_is_unpaid_and_has_no_payment_intent_yet(client):
    session = open_session(client, metadata=METADATA, client_reference_id="p1")

    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (1499, "usd")
    assert session.url.endswith(f"/pay/{session.id}")
    assert (session.metadata.to_dict(), session.client_reference_id) == (METADATA, "p1")


def test_a_session_over_prices_adds_them_up(client):
    product = client.v1.products.create({"name": "Basic"})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1499})
    session = open_session(client, line_items=[{"price": price.id, "quantity": 3}])

    items = client.v1.checkout.sessions.line_items.list(session.id)

    assert session.amount_total == 4497
    assert [(item.price.id, item.quantity, item.amount_total) for item in items.data] == [(price.id, 3, 4497)]


def test_line_items_come_in_their_order_and_in_pages(client):
    lines = [
        {"price_data": {"currency": "usd", "unit_amount": 100, "product_data": {"name": name}}, "quantity": 1}
        for name in "abc"
    ]
    session = open_session(client, line_items=lines)

    first = client.v1.checkout.sessions.line_items.list(session.id, {"limit": 2})
    rest = client.v1.checkout.sessions.line_items.list(session.id, {"starting_after": first.data[-1].id})

    assert [item.description for item in first.data] == ["a", "b"]
    assert first.has_more
    assert [item.description for item in rest.data] == ["c"]


def test_paying_settles_the_session_and_everything_behind_it(client, controls):
    customer = client.v1.customers.create({"email": "alice@example.com"})
    session = open_session(
        client, customer=customer.id, metadata=METADATA, payment_intent_data={"metadata": METADATA}
    )

    paid = controls.pay(session.id, name="Alice")
    session = client.v1.checkout.sessions.retrieve(session.id)
    intent = client.v1.payment_intents.retrieve(session.payment_intent)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    method = client.v1.payment_methods.retrieve(intent.payment_method)

    assert paid.paid
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.customer_details.name == "Alice"
    assert (intent.status, intent.amount_received, intent.metadata.to_dict()) == ("succeeded", 1499, METADATA)
    assert (charge.paid, charge.status, charge.customer) == (True, "succeeded", customer.id)
    assert charge.metadata.to_dict() == METADATA
    assert charge.payment_method_details.card.fingerprint == method.card.fingerprint
    types = [event["type"] for event in controls.events()]
    assert types[-4:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_declined_card_leaves_the_session_open_and_another_card_pays(client, controls):
    session = open_session(client)

    declined = controls.pay(session.id, DECLINED)
    open_still = client.v1.checkout.sessions.retrieve(session.id)
    intent = client.v1.payment_intents.retrieve(open_still.payment_intent)
    failed = client.v1.charges.retrieve(intent.latest_charge)
    paid = controls.pay(session.id)

    assert (declined.paid, declined.decline_code, declined.message) == (
        False,
        "generic_decline",
        "Your card was declined.",
    )
    assert (open_still.status, open_still.payment_status) == ("open", "unpaid")
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == "generic_decline"
    assert (failed.status, failed.failure_code, failed.outcome.type) == (
        "failed",
        "card_declined",
        "issuer_declined",
    )
    assert paid.paid
    assert paid.session["payment_intent"] == intent.id
    assert len(controls.events(event_type="payment_intent.created")) == 1
    assert len(controls.events(event_type="payment_intent.payment_failed")) == 1
    assert client.v1.payment_intents.retrieve(intent.id).last_payment_error is None


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4000000000000119", "processing_error", "processing_error"),
    ],
)
def test_other_cards_are_declined_for_other_reasons(client, controls, card, code, decline_code):
    session = open_session(client)

    declined = controls.pay(session.id, card)

    assert declined.decline_code == decline_code
    assert client.v1.charges.list().data[0].failure_code == code


def test_one_card_has_one_fingerprint_and_two_have_two(client, controls):
    for card in ("4242424242424242", "4242 4242 4242 4242", "5555555555554444"):
        controls.pay(open_session(client).id, card)

    prints = [charge.payment_method_details.card.fingerprint for charge in client.v1.charges.list().data]

    assert len(set(prints)) == 2


def test_a_session_is_paid_once_however_many_try(client, controls):
    session = open_session(client)

    def pay(_: int) -> bool:
        try:
            return bool(controls.pay(session.id).paid)
        except SandboxRefused:
            return False

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(pay, range(8)))

    assert sum(outcomes) == 1
    assert len(client.v1.charges.list().data) == 1


def test_a_card_that_is_no_test_card_is_refused(client, controls):
    session = open_session(client)

    with pytest.raises(SandboxRefused):
        controls.pay(session.id, "4111111111111111")

    assert client.v1.charges.list().data == []


def test_a_customer_is_made_when_the_session_asks_for_one(client, controls):
    session = open_session(client, customer_creation="always")

    paid = controls.pay(session.id, email="bob@example.com")

    assert client.v1.customers.retrieve(paid.session["customer"]).email == "bob@example.com"
    assert client.v1.charges.list({"customer": paid.session["customer"]}).data[0].paid


def test_expiring_ends_the_session_and_cancels_its_intent(client, controls):
    session = open_session(client)
    controls.pay(session.id, DECLINED)

    expired = client.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    assert client.v1.payment_intents.retrieve(expired.payment_intent).status == "canceled"
    assert len(controls.events(about=session.id, event_type="checkout.session.expired")) == 1
    with pytest.raises(SandboxRefused):
        controls.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


def test_a_paid_session_cannot_be_expired(client, controls):
    session = open_session(client)
    controls.pay(session.id)

    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)

    assert client.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_a_session_expires_by_time(client, controls):
    session = open_session(client, expires_at=int(time.time()) + 31 * 60)

    controls.advance_clock(30 * 60)
    before = client.v1.checkout.sessions.retrieve(session.id).status
    controls.advance_clock(2 * 60)

    assert before == "open"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    expired = controls.events(about=session.id)
    assert [event["type"] for event in expired] == ["checkout.session.expired"]
    assert expired[0]["request"] == {"id": None, "idempotency_key": None}
    assert expired[0]["created"] > session.created + 30 * 60


@pytest.mark.parametrize("minutes", [29, 24 * 60 + 1])
def test_expiry_is_between_half_an_hour_and_a_day(client, minutes):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_session(client, expires_at=int(time.time()) + minutes * 60)

    assert refused.value.param == "expires_at"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"mode": ""}, "mode"),
        ({"success_url": ""}, "success_url"),
        ({"success_url": "/success"}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"price": "price_nothing", "quantity": 1}]}, "line_items[0][price]"),
        ({"payment_method_types": ["sepa_debit"]}, "payment_method_types"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]"),
        ({"ui_mode": "embedded_page"}, "ui_mode"),
        ({"shipping_options": [{"shipping_rate": "shr_1"}]}, "shipping_options"),
    ],
)
def test_a_session_that_cannot_be_is_refused_whole(client, controls, changes, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_session(client, **changes)

    assert refused.value.param == param
    assert client.v1.checkout.sessions.list().data == []
    assert controls.events() == []


def test_too_small_a_sum_and_mixed_currencies_are_refused(client):
    def line(currency: str, amount: int) -> dict[str, object]:
        return {
            "price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": "x"}},
            "quantity": 1,
        }

    with pytest.raises(stripe.InvalidRequestError) as small:
        open_session(client, line_items=[line("usd", 49)])
    with pytest.raises(stripe.InvalidRequestError):
        open_session(client, line_items=[line("usd", 100), line("eur", 100)])

    assert small.value.code == "amount_too_small"
    assert open_session(client, line_items=[line("jpy", 49)]).amount_total == 49


def test_a_retired_price_cannot_be_sold(client):
    product = client.v1.products.create({"name": "Basic"})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1499})
    client.v1.prices.update(price.id, {"active": False})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_session(client, line_items=[{"price": price.id, "quantity": 1}])

    assert refused.value.param == "line_items[0][price]"


def test_sessions_are_found_by_customer_intent_status_and_email(client, controls):
    customer = client.v1.customers.create({"email": "alice@example.com"})
    hers = open_session(client, customer=customer.id)
    open_session(client)
    intent = controls.pay(hers.id, email="alice@example.com").session["payment_intent"]
    sessions = client.v1.checkout.sessions

    for params in (
        {"customer": customer.id},
        {"payment_intent": intent},
        {"status": "complete"},
        {"customer_details": {"email": "alice@example.com"}},
    ):
        assert [session.id for session in sessions.list(params).data] == [hers.id], params
    assert [found.id for found in client.v1.charges.list({"payment_intent": intent}).data]
    assert [found.id for found in client.v1.payment_intents.list({"customer": customer.id}).data] == [intent]


def test_a_sessions_metadata_can_be_changed(client):
    session = open_session(client, metadata={"a": "1"})

    assert client.v1.checkout.sessions.update(session.id, {"metadata": {"b": "2"}}).metadata.to_dict() == {
        "a": "1",
        "b": "2",
    }
