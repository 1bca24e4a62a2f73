import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from payments.kinds import PurchaseStatus
from payments.limits import PROGRESS_WAIT
from payments.models import Purchase
from tests.pages.test_buying import words
from tokens.queries.wallets import wallet_of

pytestmark = pytest.mark.django_db


def success(purchase, **more):
    return "/checkout/success", {"session_id": purchase.stripe_session_id, **more}


def progress(purchase, **more):
    return "/checkout/progress", {"session_id": purchase.stripe_session_id, **more}


def long_ago():
    return int((timezone.now() - PROGRESS_WAIT - timedelta(seconds=1)).timestamp())


@pytest.fixture
def unasked(stripe_sandbox):
    """Stripe does not answer when it is asked about a session."""
    stripe_sandbox.fail_next(50, kind="status", status=500, method="GET", path="/v1/checkout/*")


def test_a_late_webhook_is_made_up_for_by_asking_stripe(alice, alices, buy, pay):
    purchase = pay(buy(alices))
    page = words(alices.get(*success(purchase)))
    assert "Thank you: your tokens are here" in page
    assert "250 tokens were added to your wallet." in page
    assert "250 tokens for $14.99 with the Basic package. Unused tokens do not expire." in page
    assert wallet_of(alice.pk).balance == 250


def test_while_the_payment_is_not_confirmed_the_page_waits_and_asks_on(alices, buy):
    purchase = buy(alices)
    answer = alices.get(*success(purchase))
    page = answer.content.decode()
    assert "Adding your tokens" in page
    assert 'hx-trigger="every 700ms"' in page
    assert f'hx-get="/checkout/progress?session_id={purchase.stripe_session_id}&amp;since=' in page
    assert "no-store" in answer["Cache-Control"]


def test_without_javascript_the_waiting_page_reloads_itself_and_keeps_its_patience(alices, buy):
    page = alices.get(*success(buy(alices), since="1700000000")).content.decode()
    assert "http-equiv" not in page  # its patience is at an end
    page = alices.get(*success(Purchase.objects.get())).content.decode()
    assert re.search(
        r'<noscript>\s*<meta http-equiv="refresh"\s+content="3;url=/checkout/success\?session_id=', page
    )


def test_after_a_while_the_page_stops_asking_and_says_so_calmly(alices, buy):
    page = alices.get(*success(buy(alices), since=long_ago())).content.decode()
    assert "This is taking longer than usual" in page
    assert "hx-get" not in page


def test_the_question_is_answered_with_nothing_new_while_nothing_is_new(alices, buy):
    answer = alices.get(*progress(buy(alices)))
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_question_is_answered_with_the_balance_and_ends_the_asking(alices, buy, pay):
    purchase = pay(buy(alices))
    answer = alices.get(*progress(purchase))
    assert answer.status_code == 286  # htmx: show this and ask no more
    assert "Thank you: your tokens are here" in words(answer)
    assert "<title>Thank you: your tokens are here · Tokens</title>" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_question_is_not_asked_for_ever(alices, buy):
    answer = alices.get(*progress(buy(alices), since=long_ago()))
    assert answer.status_code == 286
    assert "longer than usual" in words(answer)


def test_a_question_after_signing_out_leads_to_sign_in_and_back(client, alices, buy):
    purchase = buy(alices)
    answer = client.get(*progress(purchase))
    back = f"/checkout/success%3Fsession_id%3D{purchase.stripe_session_id}"
    assert answer["HX-Redirect"] == f"/accounts/login/?next={back}"


def test_with_stripe_unreachable_the_page_goes_on_waiting(alices, buy, pay, unasked, alice):
    purchase = pay(buy(alices))
    assert "Adding your tokens" in words(alices.get(*success(purchase)))
    assert wallet_of(alice.pk).balance == 0


@pytest.mark.parametrize("since", ["", "soon", "-1", "9" * 30, "99999999999", "1e9"])
def test_a_bent_address_does_no_harm(alices, buy, since):
    assert alices.get(*success(buy(alices), since=since)).status_code == 200


@pytest.mark.parametrize("path", ["/checkout/success", "/checkout/progress"])
@pytest.mark.parametrize("session_id", [None, "", "cs_test_unknown", "\x00", "x" * 300, "'; --"])
def test_an_unknown_session_is_not_found(alices, path, session_id):
    query = {} if session_id is None else {"session_id": session_id}
    assert alices.get(path, query).status_code == 404


@pytest.mark.parametrize("path", ["/checkout/success", "/checkout/progress"])
def test_another_customers_session_is_not_found_and_is_not_settled(
    alices, bob, sign_in, buy, pay, path, rows
):
    purchase = pay(buy(alices))
    before = rows()
    answer = sign_in(bob).get(path, {"session_id": purchase.stripe_session_id})
    assert answer.status_code == 404
    assert rows() == before


def test_a_signed_out_visitor_is_sent_to_sign_in_and_back(client, alices, buy):
    purchase = buy(alices)
    answer = client.get(*success(purchase))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/checkout/success%3Fsession_id%3D")
    assert client.get(f"/checkout/cancel?purchase={purchase.id}").status_code == 302


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (PurchaseStatus.PROCESSING, "Your payment is being processed"),
        (PurchaseStatus.QUARANTINED, "We are checking this payment"),
        (PurchaseStatus.FAILED, "The payment did not go through"),
        (PurchaseStatus.EXPIRED, "This purchase has expired"),
        (PurchaseStatus.CANCELED, "This purchase was canceled"),
    ],
)
def test_every_other_end_is_told_without_further_asking(alices, buy, status, told):
    purchase = buy(alices)
    Purchase.objects.update(status=status, quarantine_reason="amount_differs")
    page = alices.get(*success(purchase)).content.decode()
    assert told in page
    assert "hx-get" not in page


def test_a_payment_at_a_bank_is_told_plainly_on_every_page(alice, alices, buy, stripe_sandbox):
    purchase = buy(alices)
    stripe_sandbox.debit(purchase.stripe_session_id)
    told = "Your bank is processing this payment; the tokens arrive in up to 7 days"

    answer = alices.get(*success(purchase))

    assert told in words(answer)
    assert "hx-get" not in answer.content.decode()
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.PROCESSING
    by = purchase.expected_by
    page = words(alices.get(f"/purchases/{purchase.id}"))
    assert told in page
    assert f"Your bank's answer by {by:%-d %B %Y}" in page
    assert "Continue to payment" not in page
    page = words(alices.get("/wallet"))
    assert "At your bank" in page
    assert f"your bank is processing the payment; the tokens arrive by {by:%-d %b %Y}" in page
    shown = alices.get(f"/api/tokens/purchases/{purchase.id}").json()
    assert (shown["status"], shown["settled_at"]) == ("processing", None)
    assert shown["expected_by"] == by.isoformat().replace("+00:00", "Z")
    assert wallet_of(alice.pk).balance == 0


def test_a_bank_that_refused_is_told_by_asking_stripe(alice, alices, buy, stripe_sandbox):
    purchase = buy(alices)
    stripe_sandbox.debit(purchase.stripe_session_id)
    stripe_sandbox.fail(purchase.stripe_session_id)

    page = words(alices.get(*success(purchase)))

    assert "The payment did not go through" in page
    assert "Choose a package" in page
    assert wallet_of(alice.pk).balance == 0


def test_one_token_is_told_in_the_singular(alices, buy, pay):
    purchase = buy(alices)
    Purchase.objects.update(tokens=1, bonus_tokens=0)
    assert "1 token was added to your wallet." in words(alices.get(*success(pay(purchase))))


def test_leaving_stripes_page_changes_nothing_and_asks(alices, buy, rows):
    purchase = buy(alices)
    before = rows()
    page = alices.get(f"/checkout/cancel?purchase={purchase.id}").content.decode()
    assert "Nothing was charged for 250 tokens at $14.99." in re.sub(r"\s+", " ", page)
    assert purchase.checkout_url in page
    assert rows() == before


def test_canceling_ends_the_session_at_stripe_and_leads_to_the_purchase(alices, buy, stripe_sandbox):
    purchase = buy(alices)
    answer = alices.post(f"/checkout/cancel?purchase={purchase.id}")
    assert (answer.status_code, answer["Location"]) == (303, f"/purchases/{purchase.id}")
    assert stripe_sandbox.object(purchase.stripe_session_id)["status"] == "expired"
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.CANCELED
    assert "This purchase was canceled" in words(alices.get(answer["Location"]))


def test_canceling_what_was_just_paid_credits_it_instead(alice, alices, buy, pay):
    purchase = pay(buy(alices))
    answer = alices.post(f"/checkout/cancel?purchase={purchase.id}")
    assert "Paid, and in your wallet" in words(alices.get(answer["Location"]))
    assert wallet_of(alice.pk).balance == 250


def test_with_stripe_unreachable_nothing_is_canceled_and_the_page_says_so(alices, buy, stripe_sandbox):
    purchase = buy(alices)
    stripe_sandbox.fail_next(50, kind="status", status=500, path="/v1/checkout/*")
    answer = alices.post(f"/checkout/cancel?purchase={purchase.id}")
    assert answer.status_code == 503
    assert "Please try again in a minute." in words(answer)
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.OPEN


def test_the_cancel_page_of_a_purchase_that_is_over_leads_to_it(alices, buy, pay):
    purchase = pay(buy(alices))
    alices.get(*success(purchase))
    answer = alices.get(f"/checkout/cancel?purchase={purchase.id}")
    assert (answer.status_code, answer["Location"]) == (302, f"/purchases/{purchase.id}")


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_customers_purchase_cannot_be_canceled(alices, bob, sign_in, buy, method, rows):
    purchase = buy(alices)
    before = rows()
    answer = getattr(sign_in(bob), method)(f"/checkout/cancel?purchase={purchase.id}")
    assert answer.status_code == 404
    assert rows() == before


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?purchase=",
        "?purchase=nonsense",
        "?purchase=01a20573-c2c8-711d-ac36-000000000000",
        "?purchase=%00",
    ],
)
def test_an_unknown_purchase_cannot_be_canceled(alices, query):
    assert alices.get(f"/checkout/cancel{query}").status_code == 404


def test_canceling_needs_the_csrf_token(alice, alices, buy):
    purchase = buy(alices)
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(f"/checkout/cancel?purchase={purchase.id}").status_code == 403
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.OPEN


@pytest.mark.parametrize("path", ["/checkout/success", "/checkout/progress"])
def test_the_pages_after_paying_take_no_posts(alices, path):
    assert alices.post(path).status_code == 405
