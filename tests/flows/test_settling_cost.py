"""The settling request is short: few statements, and nobody else is called."""

import json
import time

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.shop import Shop
from tests.support.webhook import URL, signed

STATEMENTS_MAX = 8


def test_settling_takes_at_most_eight_statements_and_calls_neither_stripe_nor_firestore(shop: Shop):
    purchase = shop.start("alice", "basic")
    shop.stripe.hold()
    shop.stripe.pay(str(purchase.stripe_session_id))
    event = shop.stripe.events(event_type="checkout.session.completed")[0]
    body = json.dumps(event).encode()
    shop.stripe.forget_requests()

    with CaptureQueriesContext(connection) as statements:
        started = time.monotonic()
        response = Client().post(
            URL, body, content_type="application/json", headers={"Stripe-Signature": signed(body)}
        )
        took = time.monotonic() - started

    assert response.json() == {"status": "processed"}
    assert shop.wallet("alice").balance == 250
    texts = [statement["sql"] for statement in statements.captured_queries]
    assert len(texts) <= STATEMENTS_MAX, "\n".join(texts)
    assert not [text for text in texts if "SAVEPOINT" in text]
    assert shop.stripe.requests().total == 0
    assert shop.document(f"users/{shop.wallet('alice').document_id}") is None, f"in {took:.3f} s"
