"""Every endpoint's every object, as plain and as expanded as it gets, against Stripe's own description."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.stripe.support import open_session
from tests.support.judge import checker

KINDS = {
    "account",
    "balance_transaction",
    "charge",
    "checkout.session",
    "customer",
    "dispute",
    "event",
    "item",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "refund",
    "webhook_endpoint",
}
SESSION_EXPANDED = [
    "customer",
    "line_items.data.price.product",
    "line_items.data.discounts",
    "line_items.data.taxes",
    "payment_intent.customer",
    "payment_intent.latest_charge",
    "payment_intent.payment_method",
    "total_details.breakdown",
]


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        kind = value.get("object")
        if isinstance(kind, str) and kind in KINDS:
            yield value
        for child in value.values():
            yield from objects_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from objects_in(child)


def catalogue(v1) -> Iterator[Any]:
    product = v1.products.create(
        {
            "name": "Basic",
            "description": "250 tokens",
            "images": ["http://shop.test/basic.png"],
            "url": "http://shop.test/basic",
            "metadata": {"package": "basic"},
            "default_price_data": {"currency": "usd", "unit_amount": 1499},
        }
    )
    yield product
    yield v1.products.update(
        product.id, {"active": True, "unit_label": "token", "statement_descriptor": "TOKENS"}
    )
    yield v1.products.retrieve(product.id, {"expand": ["default_price"]})
    price = v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 1499,
            "lookup_key": "basic",
            "nickname": "b",
        }
    )
    yield price
    yield v1.prices.update(price.id, {"active": True, "metadata": {"a": "1"}, "tax_behavior": "inclusive"})
    yield v1.prices.retrieve(price.id, {"expand": ["product", "currency_options", "tiers"]})


def people_and_places(v1) -> Iterator[Any]:
    yield v1.accounts.retrieve_current()
    address = {"country": "US", "city": "Springfield", "line1": "1 Main Street"}
    alice = v1.customers.create({"email": "alice@example.com", "name": "Alice", "address": address})
    yield alice
    yield v1.customers.update(alice.id, {"phone": "+1 555 0100", "preferred_locales": ["en"]})
    yield v1.customers.retrieve(
        alice.id, {"expand": ["sources", "subscriptions", "tax_ids", "default_source"]}
    )
    endpoint = v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    yield endpoint
    yield v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    yield v1.webhook_endpoints.retrieve(endpoint.id)


def sales(client, controls) -> Iterator[Any]:
    """A session declined and then paid, one expired by hand, one by time, and some other cards."""
    sessions = client.v1.checkout.sessions
    sold = open_session(
        client,
        customer=client.v1.customers.list().data[0].id,
        line_items=[{"price": client.v1.prices.list().data[0].id, "quantity": 2}],
        metadata={"purchase_id": "p1"},
        client_reference_id="p1",
        payment_intent_data={"metadata": {"purchase_id": "p1"}, "receipt_email": "alice@example.com"},
        custom_text={"submit": {"message": "Tokens are credited at once."}},
        locale="en",
        submit_type="pay",
    )
    yield sold
    controls.pay(sold.id, "4000000000000002")
    yield sessions.retrieve(sold.id, {"expand": SESSION_EXPANDED})
    yield controls.pay(sold.id).session
    yield sessions.retrieve(sold.id, {"expand": SESSION_EXPANDED})
    yield sessions.line_items.list(sold.id)
    yield sessions.expire(open_session(client, customer_email="bob@example.com").id)
    made = open_session(client, customer_creation="always")
    for card in ("4000000000009987", "4000000000000069", "378282246310005"):
        controls.pay(made.id, card)
        yield sessions.retrieve(made.id, {"expand": SESSION_EXPANDED})
    for session, ends in ((open_session(client), "settle"), (open_session(client), "fail")):
        controls.debit(session.id)
        yield sessions.retrieve(session.id, {"expand": SESSION_EXPANDED})
        yield getattr(controls, ends)(session.id)
        yield sessions.retrieve(session.id, {"expand": SESSION_EXPANDED})
    ended = open_session(client)
    controls.pay(ended.id, "4000000000000119")
    controls.advance_clock(25 * 60 * 60)
    yield sessions.retrieve(ended.id, {"expand": ["payment_intent"]})


def money_back(client, controls) -> Iterator[Any]:
    """Refunds and disputes of every end."""
    refunds, disputes = client.v1.refunds, client.v1.disputes
    paid = [controls.pay(open_session(client).id).session["payment_intent"] for _ in range(4)]
    debited = open_session(client)
    controls.debit(debited.id)
    controls.settle(debited.id)
    for intent, end in (
        *zip(paid, ("succeeded", "failed", "canceled"), strict=False),
        (debited.id, "failed"),
    ):
        refund = controls.refund(intent, 500, status="pending", reason="duplicate")
        yield refunds.retrieve(refund["id"], {"expand": ["charge", "balance_transaction", "payment_intent"]})
        yield controls.end_refund(refund["id"], end)
        yield refunds.retrieve(refund["id"], {"expand": ["failure_balance_transaction"]})
    made = refunds.create({"payment_intent": paid[3], "amount": 100, "metadata": {"a": "1"}})
    yield made
    yield refunds.update(made.id, {"metadata": {"a": "2"}})
    yield client.v1.charges.retrieve(made.charge, {"expand": ["refunds", "balance_transaction"]})
    for number, moves in (
        ("4000000000000259", ["review", "win"]),
        ("4000000000002685", ["lose"]),
        ("4000000000001976", ["review", "escalate", "win"]),
        ("4000000000001976", ["drop"]),
    ):
        session = controls.pay(open_session(client).id, number).session
        (dispute,) = disputes.list({"payment_intent": session["payment_intent"]}).data
        yield disputes.update(dispute.id, {"evidence": {"uncategorized_text": "Used."}, "submit": False})
        for move in moves:
            yield controls.move_dispute(dispute.id, move)
        yield disputes.retrieve(dispute.id, {"expand": ["charge", "payment_intent"]})


def everything_again(v1) -> Iterator[Any]:
    """Each object of each kind: in a list, in a list expanded, and retrieved."""
    for kind, expanded in (
        (v1.customers, ["data.sources"]),
        (v1.products, ["data.default_price"]),
        (v1.prices, ["data.product", "data.currency_options"]),
        (v1.checkout.sessions, ["data.line_items", "data.payment_intent", "data.customer"]),
        (v1.payment_intents, ["data.latest_charge", "data.payment_method", "data.customer"]),
        (v1.charges, ["data.payment_intent", "data.customer", "data.balance_transaction"]),
        (v1.refunds, ["data.charge", "data.balance_transaction"]),
        (v1.disputes, ["data.charge", "data.payment_intent"]),
        (v1.balance_transactions, ["data.source"]),
        (v1.events, []),
        (v1.webhook_endpoints, []),
    ):
        plain = kind.list({"limit": 100})
        yield plain
        yield kind.list({"limit": 100, "expand": expanded})
        yield from (kind.retrieve(one.id) for one in plain.data)
    yield from (v1.payment_methods.retrieve(charge.payment_method) for charge in v1.charges.list().data)


@pytest.fixture
def answers(client, controls) -> list[Any]:
    """What every endpoint answers in the course of sales, declines, an expiry, refunds and disputes."""
    said = [
        *catalogue(client.v1),
        *people_and_places(client.v1),
        *sales(client, controls),
        *money_back(client, controls),
        *everything_again(client.v1),
    ]
    # As they were sent: the library turns decimals into objects of its own.
    return [answer if isinstance(answer, dict) else json.loads(answer.last_response.body) for answer in said]


def test_every_object_is_faultless(answers):
    faults = checker()
    judged: dict[str, int] = {}
    found = []
    for shown in objects_in(answers):
        judged[shown["object"]] = judged.get(shown["object"], 0) + 1
        found += [f"{shown['object']} {fault}" for fault in faults(shown["object"], shown)]

    assert sorted(set(found)) == []
    assert judged.keys() == KINDS


def test_the_events_of_the_contract_all_happened(answers, client):
    types = {event.type for event in client.v1.events.list({"limit": 100}).auto_paging_iter()}

    assert types >= {
        "customer.created",
        "customer.updated",
        "product.created",
        "product.updated",
        "price.created",
        "price.updated",
        "checkout.session.completed",
        "checkout.session.expired",
        "payment_intent.created",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "charge.succeeded",
        "charge.failed",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
