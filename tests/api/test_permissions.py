"""Who may call what. Every call is made by nobody, its owner, another customer and staff."""

import pytest
from django.test import Client

CALLS = ("balance", "transactions", "purchases", "purchases/{id}")


@pytest.fixture
def alices_purchase(packages, alices, start):
    return start(alices).json()["id"]


def _get(client, call, purchase_id, **headers):
    return client.get(f"/api/tokens/{call.format(id=purchase_id)}", headers=headers)


@pytest.mark.parametrize("call", CALLS)
def test_nobody_is_asked_who_they_are(call, alices_purchase, refused):
    answer = refused(401, "not_authenticated", lambda: _get(Client(), call, alices_purchase))
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_nobody_starts_a_purchase(packages, start, refused):
    refused(401, "not_authenticated", lambda: start(Client()))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "credentials", ["Bearer", "Bearer ", "Bearer a.b.c", "bearer nonsense", "BEARER x y"]
)
def test_bad_credentials_are_refused(call, credentials, alices_purchase, refused):
    answer = refused(
        401, "invalid_token", lambda: _get(Client(), call, alices_purchase, Authorization=credentials)
    )
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("credentials", ["Basic YWxpY2U6cGFzc3dvcmQ=", "nonsense", ""])
def test_credentials_of_another_kind_count_as_none(credentials, alices_purchase, refused):
    refused(
        401,
        "not_authenticated",
        lambda: _get(Client(), "balance", alices_purchase, Authorization=credentials),
    )


def test_bad_credentials_are_not_saved_by_a_session(alices, refused):
    refused(
        401, "invalid_token", lambda: alices.get("/api/tokens/balance", headers={"Authorization": "Bearer x"})
    )


def test_the_owner_reads_everything_of_theirs(alices, alices_purchase):
    assert [_get(alices, call, alices_purchase).status_code for call in CALLS] == [200] * 4


def test_another_customer_reads_nothing_of_it(bob, sign_in, alices_purchase, alice, credit, refused):
    credit(alice, 200)
    bobs = sign_in(bob)
    assert bobs.get("/api/tokens/balance").json()["balance"] == 0
    for call in ("transactions", "purchases"):
        assert _get(bobs, call, alices_purchase).json()["results"] == []
    refused(404, "purchase_not_found", lambda: _get(bobs, "purchases/{id}", alices_purchase))


def test_staff_are_customers_here_and_see_no_more_than_others(carol, sign_in, alices_purchase, refused):
    carols = sign_in(carol)
    for call in ("transactions", "purchases"):
        assert _get(carols, call, alices_purchase).json()["results"] == []
    refused(404, "purchase_not_found", lambda: _get(carols, "purchases/{id}", alices_purchase))
    refused(404, "wallet_not_found", lambda: carols.get("/api/tokens/balance"))


@pytest.mark.parametrize("call", CALLS)
def test_a_disabled_customer_is_nobody(call, alice, alices, alices_purchase, refused):
    alice.is_active = False
    alice.save()
    refused(401, "not_authenticated", lambda: _get(alices, call, alices_purchase))


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("call", [*CALLS, "packages"])
def test_other_methods_do_nothing(method, call, alices, alices_purchase, refused):
    path = f"/api/tokens/{call.format(id=alices_purchase)}"
    refused(405, "method_not_allowed", lambda: getattr(alices, method)(path))


def test_what_does_not_exist_is_a_problem_too(alices, refused):
    refused(404, "not_found", lambda: alices.get("/api/tokens/theft"))
