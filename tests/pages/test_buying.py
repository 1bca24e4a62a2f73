import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import PackagePublication, Purchase
from tests.support.freezing import freeze
from tokens.models import Package

pytestmark = pytest.mark.django_db


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def press(client, package="basic", key=None):
    return client.post("/buy-tokens", {"package": package, "idempotency_key": key or str(uuid.uuid4())})


def test_each_package_shows_its_tokens_bonus_price_and_price_per_token(client, packages):
    page = words(client.get("/buy-tokens"))
    for shown in (
        "50 tokens No bonus $4.99 $0.100 per token",
        "250 tokens 200 + 50 bonus $14.99 $0.060 per token",
    ):
        assert shown in page
    for shown in ("600 tokens 500 + 100 bonus $29.99 $0.050", "1,250 tokens 1,000 + 250 bonus $49.99 $0.040"):
        assert shown in page
    assert "unused tokens do not expire" in page


def test_only_the_package_with_the_lowest_price_per_token_is_marked_best_value(client, packages):
    page = words(client.get("/buy-tokens"))
    assert page.count(" Best value ") == 1
    assert "Premium Best value 1,250 tokens" in page


def test_looking_at_the_packages_changes_nothing(alices, packages, rows):
    before = rows()
    assert alices.get("/buy-tokens").status_code == 200
    assert rows() == before


def test_every_rendering_gives_every_button_a_key_of_its_own(alices, packages):
    found = [
        key
        for _ in range(2)
        for key in re.findall(
            r'name="idempotency_key" value="([^"]+)"', alices.get("/buy-tokens").content.decode()
        )
    ]
    assert len(found) == len(set(found)) == 8


def test_the_page_is_not_kept_by_browsers_so_that_back_asks_for_new_keys(alices, packages):
    assert "no-store" in alices.get("/buy-tokens")["Cache-Control"]


def test_a_signed_out_visitor_is_sent_to_sign_in_and_back(client, packages):
    page = client.get("/buy-tokens").content.decode()
    assert 'href="/accounts/login/?next=/buy-tokens"' in page
    assert "<form" not in page


def test_a_signed_out_post_is_sent_to_sign_in_and_starts_nothing(client, packages):
    answer = press(client)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/buy-tokens")
    assert not Purchase.objects.exists()


def test_pressing_buy_leads_to_stripes_page_with_see_other(alice, alices, packages):
    answer = press(alices)
    purchase = Purchase.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == purchase.checkout_url
    assert (purchase.buyer, purchase.package_id, purchase.total_tokens, purchase.price_cents) == (
        alice,
        "basic",
        250,
        1499,
    )


def test_pressing_twice_with_one_key_buys_once(alices, packages):
    key = str(uuid.uuid4())
    assert press(alices, key=key)["Location"] == press(alices, key=key)["Location"]
    assert Purchase.objects.count() == 1


def test_a_form_of_a_purchase_that_is_no_longer_open_leads_to_that_purchase(alices, buy, stripe_sandbox):
    purchase = buy(alices)
    alices.post(f"/checkout/cancel?purchase={purchase.id}")
    answer = press(alices, key=purchase.idempotency_key)
    assert (answer.status_code, answer["Location"]) == (303, f"/purchases/{purchase.id}")


def test_without_the_csrf_token_nothing_is_bought(alice, packages, sign_in):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = press(client)
    assert answer.status_code == 403
    assert "send that form again" in words(answer)
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("key", ["", "not-a-key", "\x00", "1" * 300])
def test_a_form_without_a_proper_key_is_refused(alices, packages, key):
    answer = alices.post("/buy-tokens", {"package": "basic", "idempotency_key": key})
    assert answer.status_code == 400
    assert "could not be read" in words(answer)
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("package", ["", "gold", "\x00", "basic\x00x", "x" * 5000])
def test_an_unknown_package_is_refused_in_words(alices, packages, package):
    answer = press(alices, package)
    assert answer.status_code == 404
    assert "There is no such package." in words(answer)
    assert not Purchase.objects.exists()


def test_a_retired_package_is_not_offered_and_refused_in_words(alices, packages):
    Package.objects.filter(code="basic").update(on_sale=False)
    assert "$14.99" not in words(alices.get("/buy-tokens"))
    answer = press(alices)
    assert answer.status_code == 409
    assert "This package is not on sale." in words(answer)
    assert not Purchase.objects.exists()


def test_a_key_of_another_package_is_refused_and_the_page_has_new_keys(alices, buy):
    purchase = buy(alices, "starter")
    answer = press(alices, "basic", key=purchase.idempotency_key)
    assert answer.status_code == 409
    assert purchase.idempotency_key not in answer.content.decode()
    assert Purchase.objects.count() == 1


def test_with_stripe_unreachable_the_page_says_so_and_pressing_again_resumes_the_purchase(
    alices, packages, stripe_sandbox
):
    stripe_sandbox.fail_next(20, kind="status", status=500, method="POST", path="/v1/checkout/*")
    key = str(uuid.uuid4())
    answer = press(alices, key=key)
    assert answer.status_code == 503
    assert "Payments are not available at the moment. Please try again in a minute." in words(answer)
    assert words(answer).count("try again") == 1
    assert f'value="{key}"' in answer.content.decode()
    stripe_sandbox.stop_failing()
    assert press(alices, key=key).status_code == 303
    assert Purchase.objects.count() == 1


def test_a_package_that_was_never_published_at_stripe_cannot_be_bought_yet(alices, packages):
    PackagePublication.objects.filter(package_id="basic").update(withdrawn_at=timezone.now())
    assert press(alices).status_code == 503
    assert not Purchase.objects.exists()


def test_with_nothing_on_sale_the_page_says_so(client, db):
    page = words(client.get("/buy-tokens"))
    assert "Nothing is on sale right now" in page


def test_other_methods_are_refused(alices, packages):
    assert alices.delete("/buy-tokens").status_code == 405
    assert alices.head("/buy-tokens").status_code == 200


def test_while_the_wallet_is_paused_the_page_says_so_and_has_no_buttons(alice, alices, packages, rows):
    freeze(alice)
    before = rows()
    page = alices.get("/buy-tokens")
    assert "Your wallet is paused." in words(page)
    assert "idempotency_key" not in page.content.decode()

    refused = press(alices)

    assert refused.status_code == 403
    assert "This account is paused" in words(refused)
    assert "Your wallet is paused." not in words(refused)  # once is enough
    assert rows() == before
