"""API requests counted, and made to fail on order."""

import pytest
import stripe

from tests.sandbox.stripe.support import open_session


def test_requests_are_counted_by_path_and_controls_are_not(client, controls):
    session = open_session(client)
    controls.pay(session.id)
    client.v1.checkout.sessions.retrieve(session.id)
    seen = controls.requests()
    controls.forget_requests()

    assert seen.by_path == {
        "POST /v1/checkout/sessions": 1,
        f"GET /v1/checkout/sessions/{session.id}": 1,
    }
    assert [request["status"] for request in seen.latest] == [200, 200]
    assert "success_url" in seen.latest[0]["body"]
    assert controls.requests().total == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, stripe.InvalidRequestError),
        (402, stripe.CardError),
        (403, stripe.PermissionError),
        (409, stripe.APIError),
        (429, stripe.RateLimitError),
        (500, stripe.APIError),
        (503, stripe.APIError),
    ],
)
def test_requests_can_fail_with_a_status(client, controls, status, error):
    controls.fail_next(2, status=status, method="POST", path="/v1/checkout/*")

    client.v1.customers.create({})
    for _ in range(2):
        with pytest.raises(error) as failed:
            open_session(client)
        assert failed.value.http_status == status
    assert open_session(client).status == "open"


def test_the_library_retries_over_failures_with_one_key(controls):
    patient = stripe.StripeClient(
        "sk_test_" + "a" * 24, base_addresses={"api": controls.base_url}, max_network_retries=2
    )
    controls.fail_next(status=503)
    controls.fail_next(kind="reset_after")

    made = patient.v1.customers.create({})

    assert [customer.id for customer in patient.v1.customers.list().data] == [made.id]
    assert len({request["idempotency_key"] for request in controls.requests().latest[:3]}) == 1


@pytest.mark.parametrize(("kind", "made"), [("reset", 0), ("reset_after", 1)])
def test_a_connection_can_break_before_or_after_the_work(client, controls, kind, made):
    controls.fail_next(kind=kind)

    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({})

    assert len(controls.events(event_type="customer.created")) == made
    assert controls.requests().latest[0]["status"] == 0


def test_failures_can_be_called_off(client, controls):
    controls.fail_next(100)
    controls.stop_failing()

    assert client.v1.customers.create({}).id
