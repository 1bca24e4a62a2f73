"""Keys, errors, idempotency, expansion and pages, as the unmodified library meets them."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.support import KEY, browse, open_session, stripe_client

AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize("key", ["sk_test_short", "pk_test_" + "a" * 24, "nonsense", "sk_live_" + "a" * 24])
def test_only_test_keys_of_the_right_shape_get_in(controls, key):
    with pytest.raises(stripe.AuthenticationError) as refused:
        stripe_client(controls.base_url, key).v1.customers.create({})

    assert refused.value.http_status == 401
    assert key not in str(refused.value)
    assert controls.events() == []


def test_a_restricted_test_key_gets_in(controls):
    assert (
        stripe_client(controls.base_url, "rk_test_" + "b" * 30).v1.customers.create({}).id.startswith("cus_")
    )


def test_no_key_is_refused_with_stripes_envelope(controls):
    answer = browse(f"{controls.base_url}/v1/account")

    assert answer.status == 401
    assert '"type": "invalid_request_error"' in answer.text
    assert answer.headers["Request-Id"].startswith("req_")


def test_answers_name_the_request_and_the_version(controls):
    answer = browse(f"{controls.base_url}/v1/account", headers=AUTHORIZED)

    assert answer.headers["Stripe-Version"] == "2026-08-26.dahlia"
    assert answer.headers["Request-Id"].startswith("req_")


def test_another_api_version_is_refused_by_name(controls):
    answer = browse(f"{controls.base_url}/v1/account", headers=AUTHORIZED | {"Stripe-Version": "2020-03-02"})

    assert answer.status == 400
    assert "2026-08-26.dahlia" in answer.text


def test_the_global_library_works_as_well(controls, monkeypatch):
    monkeypatch.setattr(stripe, "api_base", controls.base_url)
    monkeypatch.setattr(stripe, "api_key", KEY)

    created = stripe.Customer.create(email="alice@example.com", metadata={"user_id": "1"})

    assert stripe.Customer.retrieve(created.id).to_dict()["metadata"] == {"user_id": "1"}
    assert stripe.Account.retrieve().id == stripe.Account.retrieve("acct_1SandboxShop00001").id


def test_what_is_not_there_is_404_in_the_path_and_400_in_a_parameter(client):
    with pytest.raises(stripe.InvalidRequestError) as in_path:
        client.v1.customers.retrieve("cus_nobody")
    with pytest.raises(stripe.InvalidRequestError) as in_param:
        open_session(client, customer="cus_nobody")

    assert (in_path.value.http_status, in_path.value.code) == (404, "resource_missing")
    assert (in_param.value.http_status, in_param.value.code) == (400, "resource_missing")
    assert in_param.value.param == "customer"


def test_an_unknown_url_is_404(controls):
    assert browse(f"{controls.base_url}/v1/unicorns", headers=AUTHORIZED).status == 404


def test_an_unknown_parameter_is_refused_and_nothing_is_made(client, controls):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.create({"email": "alice@example.com", "shoe_size": 42})

    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "shoe_size")
    assert client.v1.customers.list().data == []
    assert controls.events() == []


def test_an_unknown_nested_parameter_is_refused_by_its_full_name(client):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_session(
            client, line_items=[{"price_data": {"currency": "usd", "unit_amount": 100, "colour": "x"}}]
        )

    assert refused.value.param in {"line_items[0][quantity]", "line_items[0][price_data][colour]"}


def test_malformed_form_keys_are_refused(controls):
    answer = browse(f"{controls.base_url}/v1/customers", {"metadata[a": "x"}, headers=AUTHORIZED)

    assert answer.status == 400


def test_a_body_that_is_too_large_is_413(controls):
    answer = browse(f"{controls.base_url}/v1/customers", {"description": "x" * 1_100_000}, headers=AUTHORIZED)

    assert answer.status == 413


def test_the_same_key_and_request_get_the_same_answer(client, controls):
    options = {"idempotency_key": "customer-1"}
    first = client.v1.customers.create({"email": "alice@example.com", "name": "Alice"}, options)
    second = client.v1.customers.create({"name": "Alice", "email": "alice@example.com"}, options)

    assert second.id == first.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.headers["Original-Request"] == first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(controls.events(event_type="customer.created")) == 1


def test_the_same_key_with_another_request_is_an_error(client):
    options = {"idempotency_key": "customer-1"}
    client.v1.customers.create({"email": "alice@example.com"}, options)

    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.customers.create({"email": "bob@example.com"}, options)

    assert refused.value.http_status == 400
    assert len(client.v1.customers.list().data) == 1


def test_a_refused_request_does_not_use_its_key_up(client):
    options = {"idempotency_key": "customer-1"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"email": "no address"}, options)

    assert client.v1.customers.create({"email": "alice@example.com"}, options).email == "alice@example.com"


def test_keys_are_forgotten_after_a_day_and_belong_to_their_api_key(client, controls):
    options: Any = {"idempotency_key": "customer-1"}
    first = client.v1.customers.create({}, options)
    other = stripe_client(controls.base_url, "sk_test_" + "b" * 24).v1.customers.create({}, options)
    controls.advance_clock(24 * 60 * 60 + 1)
    later = client.v1.customers.create({}, options)

    assert len({first.id, other.id, later.id}) == 3


def test_a_key_whose_request_still_runs_is_409(client, controls):
    controls.fail_next(kind="delay", seconds=0.5, path="/v1/customers")

    def create(_: int) -> tuple[int | None, str | None]:
        try:
            client.v1.customers.create({}, {"idempotency_key": "customer-1"})
        except stripe.StripeError as error:
            return error.http_status, json.loads(str(error.http_body))["error"]["code"]
        return 200, None

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(create, range(2)))

    assert outcomes == [(200, None), (409, "idempotency_key_in_use")]
    assert len(client.v1.customers.list().data) == 1


def test_concurrent_requests_with_one_key_make_one_object(controls):
    clients = [stripe_client(controls.base_url) for _ in range(8)]
    made: set[str] = set()

    def create(client: Any) -> None:
        for _ in range(100):
            try:
                made.add(client.v1.customers.create({}, {"idempotency_key": "customer-1"}).id)
            except stripe.StripeError as error:
                assert error.http_status == 409  # noqa: PT017 - any other is a failure
            else:
                return

    threads = [threading.Thread(target=create, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert len(controls.events(event_type="customer.created")) == 1


def test_expansion_puts_whole_objects_where_ids_stand(client, controls):
    customer = client.v1.customers.create({"email": "alice@example.com"})
    session = open_session(client, customer=customer.id)
    controls.pay(session.id)

    shown = client.v1.checkout.sessions.retrieve(
        session.id,
        {
            "expand": [
                "customer",
                "line_items.data.price.product",
                "line_items.data.discounts",
                "payment_intent.latest_charge",
                "payment_intent.payment_method",
                "total_details.breakdown",
            ]
        },
    )

    assert shown.customer.email == "alice@example.com"
    assert shown.line_items.data[0].price.product.name == "Basic"
    assert shown.payment_intent.latest_charge.payment_method_details.card.last4 == "4242"
    assert shown.payment_intent.payment_method.card.brand == "visa"
    assert shown.total_details.breakdown.discounts == []


def test_lists_expand_through_data(client, controls):
    session = open_session(client)
    controls.pay(session.id)

    charges = client.v1.charges.list({"expand": ["data.payment_intent"]})

    assert charges.data[0].payment_intent.status == "succeeded"


@pytest.mark.parametrize("path", ["unicorn", "email", "customer.email", "a.b.c.d.e", "metadata"])
def test_what_cannot_be_expanded_is_refused(client, path):
    customer = client.v1.customers.create({"email": "alice@example.com"})
    session = open_session(client, customer=customer.id)

    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_pages_go_forwards_and_backwards_without_gaps(client):
    made = [client.v1.customers.create({"name": str(number)}).id for number in range(7)]
    newest_first = made[::-1]

    first = client.v1.customers.list({"limit": 3})
    second = client.v1.customers.list({"limit": 3, "starting_after": first.data[-1].id})
    back = client.v1.customers.list({"limit": 2, "ending_before": second.data[1].id})

    assert [customer.id for customer in first.data] == newest_first[:3]
    assert first.has_more
    assert [customer.id for customer in second.data] == newest_first[3:6]
    assert [customer.id for customer in back.data] == newest_first[2:4]
    assert [
        customer.id for customer in client.v1.customers.list({"limit": 2}).auto_paging_iter()
    ] == newest_first
    assert not client.v1.customers.list({"limit": 7}).has_more


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"starting_after": "cus_nobody"}]
)
def test_a_page_that_cannot_be_is_refused(client, params):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.list(params)

    assert refused.value.param == next(iter(params))
