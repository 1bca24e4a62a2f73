"""What services do with customers' tokens: spend, grant, hold."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR, Scope
from identity.models import ApiKey
from identity.services import api_keys
from tests.api.asking import about
from tests.support.freezing import freeze
from tokens.models import Lot, Note
from tokens.queries.wallets import wallet_of

pytestmark = pytest.mark.usefixtures("books")


def test_a_service_spends_a_customers_tokens(alice, ask, credit, alices):
    credit(alice, 200, 50)

    answer = ask("spend", about(alice, reference="job-7"))

    assert answer.status_code == 201
    entry = answer.json()
    assert (entry["type"], entry["amount"], entry["balance_after"], entry["seq"]) == ("spend", -25, 225, 2)
    assert (entry["description"], entry["reference"]) == ("Spent tokens: Rendered 5 images", "job-7")
    assert alices.get("/api/tokens/transactions").json()["results"][0] == entry
    assert wallet_of(alice.id).total_spent == 25


def test_a_customer_is_named_by_their_firebase_uid_too(bearer, client, ask, credit):
    client.get("/api/tokens/balance", headers=bearer("uid-dora"))
    answer = ask("grants", {"user": "uid-dora", "amount": 5, "reason": "Welcome"})
    assert (answer.status_code, answer.json()["balance_after"]) == (201, 5)


def test_too_few_tokens_are_said_to_be_so(alice, ask, credit, refused):
    credit(alice, 10)
    answer = refused(402, "insufficient_tokens", lambda: ask("spend", about(alice, 11)))
    assert (answer.json()["available"], answer.json()["required"]) == (10, 11)
    refused(402, "insufficient_tokens", lambda: ask("holds", about(alice, 11)))


def test_a_refused_call_may_be_tried_again_with_its_key(alice, ask, credit):
    assert ask("spend", about(alice, 10), key="k").status_code == 402
    credit(alice, 10)
    answer = ask("spend", about(alice, 10), key="k")
    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (201, None)


@pytest.mark.parametrize("call", ["spend", "grants", "holds"])
def test_the_same_key_gets_the_same_answer(call, alice, ask, credit):
    credit(alice, 100)
    first = ask(call, about(alice), key="k")
    before = wallet_of(alice.id)

    again = ask(call, about(alice), key="k")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert wallet_of(alice.id) == before


@pytest.mark.parametrize("call", ["spend", "grants", "holds"])
def test_the_same_key_with_another_body_is_refused(call, alice, ask, credit, refused):
    credit(alice, 100)
    ask(call, about(alice), key="k")
    refused(409, "idempotency_key_reused", lambda: ask(call, about(alice, 26), key="k"))


@pytest.mark.parametrize("call", ["spend", "grants", "holds"])
def test_a_call_whose_answer_was_lost_with_the_process_is_not_done_twice(call, alice, ask, credit, forget):
    credit(alice, 100)
    first = ask(call, about(alice), key="k")
    before = wallet_of(alice.id)
    forget()

    again = ask(call, about(alice), key="k")

    assert again.json() == first.json()
    assert wallet_of(alice.id) == before
    forget()
    assert ask(call, about(alice, 26), key="k").json()["code"] == "reference_reused"


def test_keys_belong_to_their_service(alice, ask, client, key_of, credit):
    credit(alice, 100)
    ask("spend", about(alice), key="k")
    other = {**key_of("billing"), "Idempotency-Key": "k"}
    answer = client.post("/api/tokens/spend", about(alice), content_type="application/json", headers=other)
    assert (answer.status_code, wallet_of(alice.id).balance) == (201, 50)


def test_a_grant_has_a_category_and_may_expire(alice, ask, balance):
    until = timezone.now() + timedelta(days=1)
    answer = ask("grants", about(alice, 30, category="promotion", expires_at=until.isoformat()))
    assert (answer.status_code, answer.json()["type"]) == (201, "promotion")
    assert Lot.objects.get().expires_at == until
    assert wallet_of(alice.id).total_earned == 30

    with time_machine.travel(until):
        read = balance(alice)
    assert (read["balance"], read["available"]) == (30, 0)


def test_a_frozen_account_gives_nothing_and_takes_gifts(alice, ask, credit, refused):
    credit(alice, 100)
    hold = ask("holds", about(alice, 60)).json()["id"]
    freeze(alice)
    refused(403, "account_frozen", lambda: ask("spend", about(alice)))
    refused(403, "account_frozen", lambda: ask("holds", about(alice)))
    assert ask("grants", about(alice)).status_code == 201
    assert ask(f"holds/{hold}/capture").status_code == 200


def test_who_is_unknown_is_not_found(ask, carol, refused):
    for call in ("spend", "grants", "holds"):
        for user in ("nobody", str(uuid4()), "\u00e9"):
            refused(
                404,
                "user_not_found",
                lambda call=call, user=user: ask(call, {"user": user, "amount": 1, "reason": "x"}),
            )
        refused(404, "wallet_not_found", lambda call=call: ask(call, about(carol)))


@pytest.mark.parametrize("amount", [0, -1, 10**30, 1.5, 1.0, "5", True, None, [5], {"a": 1}])
@pytest.mark.parametrize("call", ["spend", "grants", "holds"])
def test_what_is_no_amount_is_refused(call, amount, alice, ask, credit, refused):
    credit(alice, 100)
    answer = refused(400, "invalid_request", lambda: ask(call, about(alice, amount)))
    assert list(answer.json()["errors"]) == ["amount"]


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("spend", {"user": 5}),
        ("spend", {"reason": ""}),
        ("spend", {"reason": "x" * 201}),
        ("spend", {"reference": None}),
        ("grants", {"category": "purchase"}),
        ("grants", {"expires_at": "2020-01-01T00:00:00Z"}),
        ("holds", {"expires_in": 1}),
    ],
)
def test_other_nonsense_is_refused_by_name(call, more, alice, ask, credit, refused):
    credit(alice, 100)
    answer = refused(400, "invalid_request", lambda: ask(call, about(alice, **more)))
    assert list(answer.json()["errors"]) == list(more)


def test_a_call_needs_a_key(alice, ask, credit, refused):
    credit(alice, 100)
    refused(400, "idempotency_key_missing", lambda: ask("spend", about(alice), key=""))
    refused(400, "idempotency_key_invalid", lambda: ask("spend", about(alice), key="x" * 256))


def test_a_body_of_ten_megabytes_is_too_large(alice, ask, refused):
    refused(413, "body_too_large", lambda: ask("spend", about(alice, reason="x" * 10_000_000)))


def test_a_scope_opens_what_it_names_and_nothing_else(alice, client, key_of, credit, refused):
    credit(alice, 100)
    calls = {"spend": Scope.TOKENS_SPEND, "holds": Scope.TOKENS_SPEND, "grants": Scope.TOKENS_GRANT}
    for scope in Scope:
        headers = {**key_of("scoped", scope), "Idempotency-Key": str(uuid4())}
        for call, needed in calls.items():

            def post(call=call, headers=headers):
                return client.post(
                    f"/api/tokens/{call}", about(alice, 1), content_type="application/json", headers=headers
                )

            if needed == scope:
                assert post().status_code == 201
                headers = {**headers, "Idempotency-Key": str(uuid4())}
            else:
                refused(403, "permission_denied", post)
        for read in ("balance", "transactions", "statement"):
            answer = client.get(f"/api/tokens/{read}", {"user": str(alice.id)}, headers=headers)
            assert answer.status_code == (200 if scope == Scope.TOKENS_READ else 403)


def test_a_reading_service_names_a_customer_and_a_customer_names_noabout(
    alice, bob, alices, client, key_of, refused
):
    headers = key_of("reader", Scope.TOKENS_READ)
    for read in ("balance", "transactions", "statement"):
        path = f"/api/tokens/{read}"
        refused(400, "invalid_request", lambda path=path: client.get(path, headers=headers))
        refused(
            404, "user_not_found", lambda path=path: client.get(path, {"user": "nobody"}, headers=headers)
        )
        refused(403, "permission_denied", lambda path=path: alices.get(path, {"user": str(bob.id)}))


def test_a_revoked_key_opens_nothing(alice, ask, credit, refused):
    credit(alice, 100)
    assert ask("spend", about(alice)).status_code == 201
    key = ApiKey.objects.get()
    assert api_keys.revoke(api_key=key, actor=SYSTEM_ACTOR, now=timezone.now())
    assert not api_keys.revoke(api_key=key, actor=SYSTEM_ACTOR, now=timezone.now())
    answer = refused(401, "invalid_api_key", lambda: ask("spend", about(alice)))
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("key", ["", "tok_nonsense", "x" * 101])
def test_what_is_no_key_opens_nothing(key, client, db, refused):
    refused(
        401,
        "invalid_api_key",
        lambda: client.get("/api/tokens/balance", headers={"Authorization": f"Api-Key {key}"}),
    )


def test_customers_and_strangers_are_no_services(alices, client, db, refused):
    for call in ("spend", "grants", "holds", f"holds/{uuid4()}/capture", f"holds/{uuid4()}/release"):
        path = f"/api/tokens/{call}"
        refused(
            403,
            "permission_denied",
            lambda path=path: alices.post(path, {}, content_type="application/json"),
        )
        refused(
            401,
            "not_authenticated",
            lambda path=path: client.post(path, {}, content_type="application/json"),
        )


def test_a_reason_can_be_erased_and_the_entry_stays(alice, ask, credit, alices):
    credit(alice, 100)
    ask("spend", about(alice, reference="job-7"))
    Note.objects.all().delete()
    entry = alices.get("/api/tokens/transactions").json()["results"][0]
    assert entry["description"] == "Spent tokens"
    assert entry["reference"].startswith("spend:renderer:")
