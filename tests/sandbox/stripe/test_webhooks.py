"""Signed delivery: to whom, what, when again."""

import time

import pytest
import stripe

from sandbox.stripe.client import StillDelivering
from tests.sandbox.stripe.support import SECRET, open_session, running_receiver


def test_every_webhook_is_signed_as_stripe_signs(client, controls, receiver):
    controls.pay(open_session(client).id)
    controls.wait_until_idle()

    for received in receiver.received:
        stripe.WebhookSignature.verify_header(
            received.body.decode(), received.signature, SECRET, tolerance=60
        )
        event = stripe.Webhook.construct_event(received.body, received.signature, SECRET)
        assert (event.api_version, event.livemode) == ("2026-08-26.dahlia", False)
    assert sorted(receiver.types()) == sorted(event["type"] for event in controls.events())
    received = receiver.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(received.body.decode(), received.signature, "whsec_other")


def test_an_endpoint_made_through_the_api_tells_its_secret_once_and_gets_what_it_asked_for(client, controls):
    with running_receiver() as receiver:
        endpoint = client.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["checkout.session.completed", "charge.succeeded"]}
        )
        controls.pay(open_session(client).id)
        controls.wait_until_idle()

        for received in receiver.received:
            stripe.WebhookSignature.verify_header(received.body.decode(), received.signature, endpoint.secret)
        assert sorted(receiver.types()) == ["charge.succeeded", "checkout.session.completed"]
        assert not hasattr(client.v1.webhook_endpoints.retrieve(endpoint.id), "secret")


def test_an_endpoint_is_changed_disabled_and_deleted(client, controls):
    with running_receiver() as receiver:
        endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
        changed = client.v1.webhook_endpoints.update(
            endpoint.id,
            {"enabled_events": ["customer.created"], "description": "shop", "metadata": {"a": "1"}},
        )
        client.v1.products.create({"name": "Basic"})
        client.v1.customers.create({})
        disabled = client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
        client.v1.customers.create({})
        deleted = client.v1.webhook_endpoints.delete(endpoint.id)
        controls.wait_until_idle()

        assert (changed.enabled_events, changed.description) == (["customer.created"], "shop")
        assert disabled.status == "disabled"
        assert deleted.deleted
        assert client.v1.webhook_endpoints.list().data == []
        assert receiver.types() == ["customer.created"]


def test_an_event_that_stripe_does_not_have_cannot_be_asked_for(client):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.webhook_endpoints.create(
            {"url": "http://shop.test/hook", "enabled_events": ["checkout.session.complete"]}
        )

    assert refused.value.param == "enabled_events"


def test_a_refusing_endpoint_is_told_again(client, controls, receiver):
    receiver.answers.extend([500, 302])
    customer = client.v1.customers.create({})
    controls.wait_until_idle()

    (delivery,) = controls.deliveries(event_type="customer.created")
    assert (delivery.state, delivery.cause) == ("delivered", "event")
    assert [attempt.status for attempt in delivery.attempts] == [500, 302, 200]
    assert len({received.event["id"] for received in receiver.received}) == 1
    assert receiver.received[0].event["data"]["object"]["id"] == customer.id


def test_an_endpoint_that_never_accepts_is_given_up(client, controls, receiver):
    receiver.answers.extend([500] * 3)
    client.v1.customers.create({})
    controls.wait_until_idle()

    (delivery,) = controls.deliveries()
    assert (delivery.state, delivery.last_status, len(delivery.attempts)) == ("failed", 500, 3)
    assert len(receiver.received) == 3


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:9/hook", "refused"),
        ("http://127.0.0.1:port/hook", "port"),
        ("http://.../hook", "Error"),
    ],
)
def test_an_endpoint_that_is_not_there_is_written_down_as_an_error(client, controls, url, error):
    controls.register_endpoint(url)
    client.v1.customers.create({})
    controls.wait_until_idle()

    (delivery,) = controls.deliveries()
    assert delivery.state == "failed"
    assert all(attempt.status is None and error in (attempt.error or "") for attempt in delivery.attempts)


def test_waiting_says_when_it_was_not_enough(client, controls, receiver):
    receiver.on_receive = lambda: time.sleep(0.3)
    client.v1.customers.create({})

    with pytest.raises(StillDelivering):
        controls.wait_until_idle(0.05)
    controls.wait_until_idle()

    assert len(receiver.received) == 1


def test_events_know_what_is_still_to_be_delivered(client, controls, receiver):
    controls.hold()
    client.v1.customers.create({})
    waiting = client.v1.events.list({"delivery_success": False}).data
    controls.release()

    assert [event.pending_webhooks for event in waiting] == [1]
    assert client.v1.events.retrieve(waiting[0].id).pending_webhooks == 0
    assert client.v1.events.list({"delivery_success": False}).data == []
    assert [event.id for event in client.v1.events.list({"delivery_success": True}).data] == [waiting[0].id]


def test_an_event_keeps_its_object_as_it_was(client, controls):
    customer = client.v1.customers.create({"name": "Alice"})
    client.v1.customers.update(customer.id, {"name": "Alice B."})

    (created,) = client.v1.events.list({"type": "customer.created"}).data

    assert created.data.object["name"] == "Alice"


def test_an_event_names_the_request_that_caused_it(client):
    customer = client.v1.customers.create({}, {"idempotency_key": "customer-1"})

    (created,) = client.v1.events.list().data

    assert created["request"].to_dict() == {
        "id": customer.last_response.request_id,
        "idempotency_key": "customer-1",
    }


def test_events_are_listed_by_types_and_time(client, controls):
    session = open_session(client)
    controls.advance_clock(1000)
    controls.pay(session.id)
    later = session.created + 500
    events = client.v1.events

    both = events.list({"types": ["checkout.session.completed", "charge.succeeded"]}).data

    assert [event.type for event in both] == ["checkout.session.completed", "charge.succeeded"]
    assert {event.type for event in events.list({"created": {"lt": later}}).data} == {
        "product.created",
        "price.created",
    }
    assert len(events.list({"created": {"gte": later}}).data) == 4
    assert [event.type for event in events.list({"type": "checkout.*"}).data] == [
        "checkout.session.completed"
    ]
    with pytest.raises(stripe.InvalidRequestError):
        events.list({"type": "charge.succeeded", "types": ["charge.succeeded"]})


@pytest.mark.parametrize("how", ["the clock moves", "told to"])
def test_retries_come_due_when_the_clock_moves_or_when_told_to(client, tmp_path, how):
    from tests.sandbox.stripe.support import running_sandbox, stripe_client  # noqa: PLC0415 - only here

    with (
        running_receiver() as receiver,
        running_sandbox(
            tmp_path / "stripe.db",
            "--retry-seconds",
            "3600",
            "--endpoint",
            receiver.url,
            "--endpoint-secret",
            SECRET,
        ) as sandbox,
    ):
        receiver.answers.append(503)
        stripe_client(sandbox.base_url).v1.customers.create({})
        sandbox.controls.wait_until_idle(ignore_retries=True)
        assert len(receiver.received) == 1

        if how == "told to":
            assert [sandbox.controls.retry_now() for _ in range(2)] == [1, 0]
        else:
            sandbox.controls.advance_clock(3601)
        sandbox.controls.wait_until_idle()

        assert len(receiver.received) == 2


def undelivered(client) -> list[str]:
    """The types of the events that the API lists as not delivered."""
    listed = client.v1.events.list({"delivery_success": False, "limit": 100})
    assert all(event.pending_webhooks for event in listed.data)
    delivered = client.v1.events.list({"delivery_success": True, "limit": 100})
    assert not any(event.pending_webhooks for event in delivered.data)
    assert len(listed.data) + len(delivered.data) == len(client.v1.events.list({"limit": 100}).data)
    return [event.type for event in listed.data]


def test_what_is_held_lost_or_refused_is_listed_as_undelivered_until_it_is_told(client, controls, receiver):
    client.v1.customers.create({})
    controls.wait_until_idle()
    assert undelivered(client) == []

    controls.hold("customer.*")
    client.v1.customers.create({})
    assert undelivered(client) == ["customer.created"]
    controls.drop_held()
    assert undelivered(client) == ["customer.created"]
    controls.release("customer.*")

    controls.drop_next("product.created")
    client.v1.products.create({"name": "Basic"})
    controls.wait_until_idle()
    assert undelivered(client) == ["product.created", "customer.created"]

    receiver.answers.extend([500, 500, 500])
    client.v1.customers.create({})
    controls.wait_until_idle()
    assert undelivered(client) == ["customer.created", "product.created", "customer.created"]

    (lost,) = controls.events(event_type="product.created")
    assert controls.duplicate(lost["id"]) == [200]
    assert undelivered(client) == ["customer.created", "customer.created"]
