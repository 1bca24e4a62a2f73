"""The sandbox's own process: started, killed, started again."""

import contextlib
import http.client
import subprocess
import sys

from tests.sandbox.stripe.support import (
    ROOT,
    SECRET,
    open_session,
    running_receiver,
    running_sandbox,
    stripe_client,
)


def test_nothing_is_lost_by_a_kill(tmp_path):
    database = tmp_path / "stripe.db"
    with running_sandbox(database) as first:
        client = stripe_client(first.base_url)
        made = client.v1.customers.create({"name": "Alice"}, {"idempotency_key": "customer-1"})
        session = open_session(client)
        first.controls.advance_clock(5_000_000)
        then = first.controls.advance_clock(0)
        first.kill()

    with running_sandbox(database) as second:
        client = stripe_client(second.base_url)

        assert client.v1.customers.create({"name": "Alice"}, {"idempotency_key": "customer-2"}).id != made.id
        assert client.v1.customers.retrieve(made.id).name == "Alice"
        assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
        assert second.controls.advance_clock(0) >= then


def test_an_idempotency_key_outlives_a_kill(tmp_path):
    made = set()
    for _ in range(2):
        with running_sandbox(tmp_path / "stripe.db") as sandbox:
            client = stripe_client(sandbox.base_url)
            made.add(client.v1.customers.create({}, {"idempotency_key": "customer-1"}).id)
            sandbox.kill()

    assert len(made) == 1


def test_what_was_on_the_wire_or_waiting_is_delivered_after_a_kill(tmp_path):
    database = tmp_path / "stripe.db"
    with running_receiver() as receiver:
        endpoint = ("--endpoint", receiver.url, "--endpoint-secret", SECRET, "--retry-seconds", "0.1")
        with running_sandbox(database, *endpoint, "--delivery-workers", "1") as first:
            receiver.on_receive = first.kill  # before it can note our answer
            client = stripe_client(first.base_url)
            first.controls.hold()
            for name in ("a", "b"):
                client.v1.customers.create({"name": name})
            told = {event["id"] for event in first.controls.events()}
            with contextlib.suppress(OSError, http.client.HTTPException):  # it may be dead before it answers
                first.controls.release(order="concurrent")
            first.process.wait(30)

        receiver.on_receive = lambda: None
        with running_sandbox(database) as second:
            second.controls.wait_until_idle()

            assert {received.event["id"] for received in receiver.received} == told
            assert [delivery.state for delivery in second.controls.deliveries()] == ["delivered"] * 2


def test_an_endpoint_given_at_start_is_registered_once(tmp_path):
    with running_receiver() as receiver:
        for number in range(2):
            arguments = ("--endpoint", receiver.url, "--endpoint-secret", SECRET)
            with running_sandbox(
                tmp_path / "stripe.db", *arguments, "--endpoint-events", "customer.created"
            ) as sandbox:
                client = stripe_client(sandbox.base_url)
                client.v1.customers.create({"name": str(number)})
                client.v1.products.create({"name": str(number)})
                sandbox.controls.wait_until_idle()
                assert len(client.v1.webhook_endpoints.list().data) == 1
                assert sandbox.stop() == 0

        assert receiver.types() == ["customer.created"] * 2


def test_the_pay_page_is_where_it_was_said_to_be(tmp_path):
    arguments = ("--public-url", "https://pay.shop.test/", "--merchant", "Alice's Tokens")
    with running_sandbox(tmp_path / "stripe.db", *arguments) as sandbox:
        client = stripe_client(sandbox.base_url)

        assert open_session(client).url.startswith("https://pay.shop.test/pay/cs_test_")
        assert client.v1.accounts.retrieve_current().to_dict()["business_profile"]["name"] == "Alice's Tokens"


def test_help_names_every_option():
    command = [sys.executable, "-m", "sandbox.stripe", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for option in ("--port", "--db", "--public-url", "--endpoint-secret", "--retry-seconds", "--journal"):
        assert option in said
