import json
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from foundation.models import IdempotencyRecord
from payments.models import Purchase
from tests.support.freezing import freeze
from tests.support.threads import in_threads
from tokens.models import Package, Wallet

PURCHASES = "/api/tokens/purchases"


def test_a_purchase_is_started_and_leads_to_the_checkout(packages, alice, alices, start):
    answer = start(alices)
    purchase = Purchase.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in answer.headers
    assert (purchase.buyer, purchase.status) == (alice, "open")
    body = answer.json()
    assert {body.pop(time)[-1] for time in ("started_at", "expires_at")} == {"Z"}
    assert body == {
        "id": str(purchase.id),
        "status": "open",
        "package": "basic",
        "total_tokens": 250,
        "amount_cents": 1499,
        "currency": "usd",
        "checkout_url": purchase.checkout_url,
        "expected_by": None,
        "settled_at": None,
        "tokens_expire_after_days": None,
        "tokens_expire_at": None,
        "reversal": "none",
    }
    assert body["checkout_url"].startswith("http")


def test_the_same_key_and_body_get_the_same_answer(packages, alices, start, stripe):
    first = start(alices, key="key-1")
    stripe.forget_requests()
    again = start(alices, key="key-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert stripe.requests().total == 0
    assert Purchase.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(packages, alices, start, refused):
    start(alices, key="key-1")
    refused(409, "idempotency_key_reused", lambda: start(alices, "pro", key="key-1"))


def test_keys_belong_to_their_caller(packages, alice, bob, sign_in, start):
    answers = [start(sign_in(person), key="key-1") for person in (alice, bob)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "idempotency_key_missing"),
        ("   ", "idempotency_key_missing"),
        ("k" * 256, "idempotency_key_invalid"),
        ("ä", "idempotency_key_invalid"),
    ],
)
def test_without_a_key_nothing_is_started(packages, alices, start, refused, key, code):
    refused(400, code, lambda: start(alices, key=key))


def test_a_package_that_cannot_be_bought_is_refused_and_may_be_tried_again(packages, alices, start, refused):
    refused(404, "package_not_found", lambda: start(alices, "platinum", key="key-1"))
    Package.objects.filter(code="basic").update(on_sale=False)
    refused(409, "package_not_on_sale", lambda: start(alices, key="key-2"))
    Package.objects.filter(code="basic").update(on_sale=True)
    assert start(alices, key="key-2").status_code == 201


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{}", "application/json", 400, "invalid_request"),
        ('{"package": ""}', "application/json", 400, "invalid_request"),
        ('{"package": null}', "application/json", 400, "invalid_request"),
        ('{"package": ["basic"]}', "application/json", 400, "invalid_request"),
        ('{"package": "a\\u0000b"}', "application/json", 400, "invalid_request"),
        ('{"package": "\\ud800"}', "application/json", 400, "invalid_request"),
        ('["basic"]', "application/json", 400, "invalid_request"),
        ('{"package": ' + '"x"' * 1, "application/json", 400, "malformed_request"),
        ("[" * 100_000, "application/json", 400, "malformed_request"),
        (
            '{"package": "basic", "x": ' + "[" * 30 + "]" * 30 + "}",
            "application/json",
            400,
            "malformed_request",
        ),
        (b'{"package": "\xff"}', "application/json", 400, "malformed_request"),
        ("package=basic", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_names_no_package_is_refused(packages, alices, refused, body, content_type, status, code):
    headers = {"Idempotency-Key": "key-1"}
    refused(status, code, lambda: alices.post(PURCHASES, body, content_type=content_type, headers=headers))
    assert not IdempotencyRecord.objects.exists()


def test_a_caller_cannot_name_the_price(packages, alices, start):
    body = {
        "package": "basic",
        "price_cents": 1,
        "tokens": 1_000_000,
        "currency": "xxx",
        "buyer": str(uuid.uuid4()),
    }
    answer = alices.post(
        PURCHASES, body, content_type="application/json", headers={"Idempotency-Key": "key-1"}
    )
    assert answer.status_code == 201
    assert (answer.json()["amount_cents"], answer.json()["total_tokens"]) == (1499, 250)


def test_with_stripe_gone_the_same_request_is_resumed_later(packages, alices, start, stripe):
    stripe.fail_next(20, path="/v1/checkout/sessions", kind="reset")
    answer = start(alices, key="key-1")
    assert (answer.status_code, answer.json()["code"]) == (503, "payments_unavailable")
    interrupted = Purchase.objects.get()
    assert (interrupted.status, interrupted.stripe_session_id) == ("started", None)
    stripe.stop_failing()
    answer = start(alices, key="key-1")
    assert (answer.status_code, answer.json()["id"]) == (201, str(interrupted.id))
    assert Purchase.objects.get().status == "open"


def test_a_crashed_request_blocks_its_key_for_its_lease_and_is_then_resumed(packages, alices, start, refused):
    first = start(alices, key="key-1").json()
    soon = timezone.now() + timedelta(seconds=30)
    IdempotencyRecord.objects.update(answer_status=None, answer_body=None, leased_until_at=soon)
    answer = refused(409, "idempotency_key_in_use", lambda: start(alices, key="key-1"))
    assert 25 <= int(answer.headers["Retry-After"]) <= 31
    IdempotencyRecord.objects.update(leased_until_at=timezone.now() - timedelta(seconds=1))
    answer = start(alices, key="key-1")
    assert (answer.status_code, answer.json()) == (201, first)
    assert Purchase.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_requests_at_once_with_one_key_start_one_purchase(packages, alice, sign_in, start):
    clients = [sign_in(alice) for _ in range(8)]
    answers = in_threads([partial(start, client, key="key-1") for client in clients])
    purchase = Purchase.objects.get()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["id"] for answer in answers if answer.status_code == 201} == {str(purchase.id)}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "idempotency_key_in_use"
    }


def test_a_person_without_a_wallet_gets_one_by_buying(packages, carol, sign_in, start):
    assert start(sign_in(carol)).status_code == 201
    assert Wallet.objects.get().account.owner == carol


def test_a_customer_reads_their_own_purchases_newest_first(packages, alice, alices, bob, sign_in, start):
    bobs = start(sign_in(bob)).json()
    mine = [start(alices, package).json() for package in ("starter", "basic", "pro")]
    page = alices.get(PURCHASES, {"page_size": 2}).json()
    rest = alices.get(page["next"]).json()
    assert page["results"] + rest["results"] == mine[::-1]
    assert alices.get(f"{PURCHASES}/{mine[0]['id']}").json() == mine[0]
    assert bobs not in page["results"] + rest["results"]


def test_another_customers_purchase_is_as_unknown_as_none(packages, alices, bob, sign_in, start, refused):
    bobs = start(sign_in(bob)).json()["id"]
    answers = [
        refused(404, "purchase_not_found", lambda purchase=purchase: alices.get(f"{PURCHASES}/{purchase}"))
        for purchase in (bobs, uuid.uuid4())
    ]
    assert answers[0].json() == answers[1].json()


def test_an_id_that_is_none_is_not_found(alices, refused):
    refused(404, "not_found", lambda: alices.get(f"{PURCHASES}/nonsense"))


def test_a_browser_without_the_csrf_token_starts_nothing(packages, alice, start, refused):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    refused(403, "csrf_failed", lambda: start(browser))
    browser.get("/accounts/email/")
    token = browser.cookies["csrf"].value
    headers = {"Idempotency-Key": "key-1", "X-CSRFToken": token}
    body = json.dumps({"package": "basic"})
    answer = browser.post(PURCHASES, body, content_type="application/json", headers=headers)
    assert answer.status_code == 201


def test_a_token_needs_no_csrf_token(packages, bearer, start):
    answer = start(Client(enforce_csrf_checks=True), **bearer("uid-alice"))
    assert answer.status_code == 201
    assert Purchase.objects.get().wallet_document_id == "uid-alice"


def test_a_key_whose_purchase_has_ended_is_told_so(packages, alices, start):
    """The answer kept for the key is gone, as after its retention: the purchase itself is not."""
    first = start(alices, "basic", key="ended")
    Purchase.objects.update(status="expired")
    IdempotencyRecord.objects.all().delete()

    again = start(alices, "basic", key="ended")

    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "purchase_ended")
    assert Purchase.objects.count() == 1


def test_a_frozen_account_buys_nothing_and_is_told_so(packages, alice, alices, start, refused):
    freeze(alice)
    refused(403, "account_frozen", lambda: start(alices))
    assert alices.get("/api/tokens/balance").json()["frozen"] is True
    assert not Purchase.objects.exists()
