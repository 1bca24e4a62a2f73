"""Customers, products and prices."""

import pytest
import stripe


def test_a_customer_is_made_changed_and_found(client, controls):
    alice = client.v1.customers.create(
        {"email": "alice@example.com", "metadata": {"user_id": "1", "uid": "x"}}
    )
    client.v1.customers.create({"email": "bob@example.com"})

    changed = client.v1.customers.update(alice.id, {"name": "Alice", "metadata": {"uid": ""}})

    assert (changed.name, changed.email, changed.metadata.to_dict()) == (
        "Alice",
        "alice@example.com",
        {"user_id": "1"},
    )
    assert [found.id for found in client.v1.customers.list({"email": "alice@example.com"}).data] == [alice.id]
    updated = controls.events(about=alice.id, event_type="customer.updated")
    assert updated[0]["data"]["previous_attributes"] == {
        "name": None,
        "metadata": {"user_id": "1", "uid": "x"},
    }


def test_an_update_that_changes_nothing_tells_nobody(client, controls):
    alice = client.v1.customers.create({"email": "alice@example.com"})

    client.v1.customers.update(alice.id, {"email": "alice@example.com"})

    assert controls.events(event_type="customer.updated") == []


@pytest.mark.parametrize(
    "metadata",
    [{"k" * 41: "v"}, {"k": "v" * 501}, {f"k{number}": "v" for number in range(51)}],
    ids=["key", "value", "count"],
)
def test_metadata_has_limits(client, metadata):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"metadata": metadata})


def test_a_product_can_have_an_id_of_ones_own_once(client):
    made = client.v1.products.create({"id": "basic", "name": "Basic"})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.create({"id": "basic", "name": "Basic again"})

    assert made.id == "basic"
    assert refused.value.code == "resource_already_exists"


def test_a_product_is_retired_and_its_default_price_set(client, controls):
    product = client.v1.products.create(
        {"name": "Basic", "default_price_data": {"currency": "usd", "unit_amount": 1499}}
    )
    price = client.v1.prices.retrieve(product.default_price)

    retired = client.v1.products.update(product.id, {"active": False, "description": "200 tokens"})

    assert (price.product, price.unit_amount) == (product.id, 1499)
    assert not retired.active
    assert client.v1.products.list({"active": True}).data == []
    assert [found.id for found in client.v1.products.list({"ids": [product.id]}).data] == [product.id]
    types = [event["type"] for event in controls.events()]
    assert types == ["product.created", "price.created", "product.updated"]


def test_a_price_cannot_change_its_amount(client):
    product = client.v1.products.create({"name": "Basic"})
    price = client.v1.prices.create({"product": product.id, "currency": "USD", "unit_amount": 1499})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.prices.update(price.id, {"unit_amount": 1})
    retired = client.v1.prices.update(price.id, {"active": False, "nickname": "old"})

    assert refused.value.code == "parameter_unknown"
    assert (retired.unit_amount, retired.currency, retired.active) == (1499, "usd", False)


def test_prices_are_found_by_product_state_and_lookup_key(client):
    product = client.v1.products.create({"name": "Basic"})
    old = client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 1299, "lookup_key": "basic"}
    )
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.prices.create(
            {"product": product.id, "currency": "usd", "unit_amount": 1499, "lookup_key": "basic"}
        )
    new = client.v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 1499,
            "lookup_key": "basic",
            "transfer_lookup_key": True,
        }
    )
    client.v1.prices.update(old.id, {"active": False})

    assert [found.id for found in client.v1.prices.list({"lookup_keys": ["basic"]}).data] == [new.id]
    assert [found.id for found in client.v1.prices.list({"product": product.id, "active": False}).data] == [
        old.id
    ]
    assert len(client.v1.prices.list({"product": product.id, "currency": "usd"}).data) == 2


@pytest.mark.parametrize(
    "params",
    [
        {"currency": "usd", "unit_amount": 100},
        {"currency": "usd", "unit_amount": 100, "product": "prod_nothing"},
        {"currency": "dollars", "unit_amount": 100, "product_data": {"name": "Basic"}},
        {"currency": "usd", "unit_amount": -1, "product_data": {"name": "Basic"}},
        {"currency": "usd", "unit_amount": 1.5, "product_data": {"name": "Basic"}},
        {"currency": "usd", "product_data": {"name": "Basic"}},
        {"unit_amount": 100, "product_data": {"name": "Basic"}},
        {
            "currency": "usd",
            "unit_amount": 100,
            "product_data": {"name": "Basic"},
            "recurring": {"interval": "day"},
        },
    ],
)
def test_a_price_that_cannot_be_is_refused_whole(client, params):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.prices.create(params)

    assert client.v1.prices.list().data == []
    assert client.v1.products.list().data == []
