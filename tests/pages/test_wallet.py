import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.limits import PAGE_SIZE
from identity.models import User
from payments.kinds import PurchaseStatus
from payments.models import Purchase
from tests.pages.test_buying import words
from tests.support.database import without_guards
from tests.support.freezing import freeze
from tokens.kinds import AccountKind, EntryType
from tokens.models import Package, Wallet
from tokens.queries.wallets import wallet_of
from tokens.services import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant():
    """Posts granted (or spent) tokens."""

    def post(user, number):
        wallet = wallet_of(user.pk)
        is_spend = number < 0
        ledger.post(
            entry_type=EntryType.SPEND if is_spend else EntryType.GRANT,
            reference=f"test:{uuid.uuid4()}",
            account_id=wallet.account_id,
            counter_lines={AccountKind.REDEEMED if is_spend else AccountKind.PROMOTIONS: -number},
            now=timezone.now(),
        )

    return post


def edit_wallets(**fields):
    """Write what no service writes yet, round the guards: as the owner, with triggers off."""
    with without_guards():
        Wallet.objects.update(**fields)


@pytest.fixture
def paid(alices, buy, pay):
    """A purchase of alice's that is paid and credited."""
    purchase = pay(buy(alices))
    alices.get("/checkout/success", {"session_id": purchase.stripe_session_id})
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.SETTLED
    return purchase


def test_a_new_wallet_is_empty_and_says_what_will_be_there(alices):
    page = words(alices.get("/wallet"))
    assert "Balance 0 tokens" in page
    assert "Nothing has happened here yet." in page
    assert "Unused tokens that you bought do not expire." in page


def test_a_purchase_is_in_the_history_with_its_price_and_receipt(alices, paid):
    answer = alices.get("/wallet")
    page = words(answer)
    assert "Balance 250 tokens" in page
    assert "+250 $14.99" in page
    assert "≈ $24.95 at the regular price" in page
    assert f'href="/purchases/{paid.id}"' in answer.content.decode()


def test_what_was_spent_stands_there_with_a_minus_and_its_worth(alice, alices, paid, grant):
    grant(alice, -30)
    page = words(alices.get("/wallet"))
    assert "Spent tokens" in page
    assert "\N{MINUS SIGN}30 ≈ $2.99 220" in page


def test_with_nothing_on_sale_the_wallet_shows_no_worth(alice, alices, paid, grant):
    grant(alice, 10)
    Package.objects.update(on_sale=False)
    page = words(alices.get("/wallet"))
    assert "Balance 260 tokens" in page
    assert "≈" not in page


def test_held_tokens_and_debt_are_told_only_when_there_are_any(alices, paid):
    assert "held for" not in words(alices.get("/wallet"))
    edit_wallets(held=40)
    page = words(alices.get("/wallet"))
    assert "40 tokens held for something in progress (≈ $3.99); 210 can be spent now." in page
    edit_wallets(held=250, debt=7)  # what is owed is paid out of what is free
    page = words(alices.get("/wallet"))
    assert "7 tokens owed (≈ $0.70) from a payment that was returned" in page


def test_a_frozen_wallet_says_so_and_offers_nothing_to_buy(alices, alice):
    freeze(alice)
    page = words(alices.get("/wallet"))
    assert "Your wallet is paused." in page
    assert 'role="button" href="/buy-tokens"' not in alices.get("/wallet").content.decode()


def test_purchases_in_progress_are_listed_and_finished_ones_are_not(alices, buy):
    purchase = buy(alices)
    page = words(alices.get("/wallet"))
    assert "Purchases in progress 250 tokens for $14.99" in page
    assert "Waiting for payment" in page
    Purchase.objects.filter(id=purchase.id).update(
        status=PurchaseStatus.QUARANTINED, quarantine_reason="amount_differs"
    )
    assert "Being checked" in words(alices.get("/wallet"))
    Purchase.objects.filter(id=purchase.id).update(status=PurchaseStatus.CANCELED)
    assert "Purchases in progress" not in words(alices.get("/wallet"))


def test_a_long_history_comes_in_pages_without_gaps(alice, alices, packages, grant):
    for number in range(1, PAGE_SIZE + 3):
        grant(alice, number)
    first = alices.get("/wallet")
    assert f"+{PAGE_SIZE + 2} " in words(first)
    assert "+3 " in words(first)
    assert "+2 " not in words(first)
    assert 'href="/wallet?before=3"' in first.content.decode()
    second = alices.get("/wallet", {"before": "3"})
    assert "+2 " in words(second)
    assert "+1 " in words(second)
    assert "Older" not in words(second)
    assert "Newest" in words(second)


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "²", "1;drop"])
def test_a_bent_cursor_is_refused(alices, before):
    assert alices.get("/wallet", {"before": before}).status_code == 400


def test_looking_changes_nothing(alices, paid, rows):
    before = rows()
    alices.get("/wallet")
    alices.get(f"/purchases/{paid.id}")
    assert rows() == before


def test_everybody_sees_their_own_wallet_only(alices, paid, bob, sign_in):
    page = sign_in(bob).get("/wallet")
    assert "Balance 0 tokens" in words(page)
    assert str(paid.id) not in page.content.decode()


def test_staff_without_a_wallet_get_a_page_all_the_same(sign_in):
    clerk = User.objects.create_superuser("clerk@example.com")
    assert "This account has no wallet" in words(sign_in(clerk).get("/wallet"))
    assert sign_in(clerk).get("/").status_code == 200


@pytest.mark.parametrize("path", ["/wallet", "/purchases/01a20573-c2c8-711d-ac36-000000000000"])
def test_a_signed_out_visitor_is_sent_to_sign_in(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_another_customers_purchase_is_not_found(bob, sign_in, paid):
    answer = sign_in(bob).get(f"/purchases/{paid.id}")
    assert answer.status_code == 404
    assert "There is no such purchase." in words(answer)


def test_a_paid_purchase_is_a_receipt(alices, paid):
    page = words(alices.get(f"/purchases/{paid.id}"))
    assert "Paid, and in your wallet" in page
    assert "Receipt Package Basic Tokens 200 Bonus tokens 50 Tokens in all 250 Price $14.99" in page
    assert "Price per token $0.060" in page
    assert str(paid.id) in page
    assert "Paid and credited" in page


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (PurchaseStatus.STARTED, "This purchase is being prepared"),
        (PurchaseStatus.OPEN, "This purchase is waiting for your payment"),
        (PurchaseStatus.PROCESSING, "Your payment is being processed"),
        (PurchaseStatus.FAILED, "The payment did not go through"),
        (PurchaseStatus.EXPIRED, "This purchase has expired"),
        (PurchaseStatus.CANCELED, "This purchase was canceled"),
        (PurchaseStatus.QUARANTINED, "We are checking this payment"),
        (PurchaseStatus.REFUNDED, "Your money was returned"),
    ],
)
def test_every_status_is_told_in_words(alices, buy, status, told):
    purchase = buy(alices)
    Purchase.objects.update(status=status, quarantine_reason="amount_differs")
    answer = alices.get(f"/purchases/{purchase.id}")
    assert told in words(answer)
    assert (purchase.checkout_url in answer.content.decode()) == (status == PurchaseStatus.OPEN)


def test_an_open_purchase_whose_time_is_over_can_no_longer_be_paid(alices, buy):
    purchase = buy(alices)
    Purchase.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = alices.get(f"/purchases/{purchase.id}")
    assert "The time to pay has run out." in words(answer)
    assert purchase.checkout_url not in answer.content.decode()
