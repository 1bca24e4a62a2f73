"""Buying as a person does it: on our pages, on Stripe's, and back."""

import re
import time

from django.utils import timezone

from mirror.services.dispatch import deliver_due
from payments.kinds import PurchaseStatus
from payments.limits import PROGRESS_POLL_MILLISECONDS, SESSION_LIFETIME
from payments.models import Purchase
from payments.services import sweeps
from tests.support.shop import PASSWORD

PAYS = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
PAID_TO_SHOWN_SECONDS_MAX = 2.0


def sign_in_to_buy(page):
    """From the packages through the sign-in form and back to the packages."""
    page.goto("/buy-tokens")
    page.get_by_role("button", name="Sign in to buy").first.click()
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/buy-tokens")


def choose(page, price="$14.99"):
    page.get_by_role("button", name=f"Buy for {price}").click()
    page.get_by_role("heading", name="Pay by card").wait_for()


def fill_card(page, number):
    page.get_by_role("button", name=number).click()
    for label, value in {"E-mail": "alice@example.com", "Name on card": "Alice Buyer"}.items():
        field = page.get_by_label(label)
        if field.is_editable() and not field.input_value():
            field.fill(value)


def pay(page):
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()


def balance(page):
    return page.locator(".balance").inner_text().split()[0]


def test_alice_buys_basic_and_sees_250_tokens_within_two_seconds_and_so_does_firestore(visitor, shop):
    alice = shop.customer("alice")
    shop.drain()  # the workers have nothing left to do from before
    page = visitor.page
    sign_in_to_buy(page)
    choose(page)
    visitor.look("stripe-pay-desk")
    fill_card(page, PAYS)
    paid_at = time.monotonic()
    pay(page)
    page.get_by_role("heading", name="Thank you: your tokens are here").wait_for()
    deliver_due(clock=timezone.now)  # what the mirror's own worker does
    document = shop.document(f"users/{shop.wallet().document_id}")
    seconds = time.monotonic() - paid_at

    assert balance(page) == "250"
    assert document is not None
    assert document["tokenBalance"] == shop.wallet().balance == 250
    assert seconds < PAID_TO_SHOWN_SECONDS_MAX, f"{seconds:.2f} s from Pay to the page and Firestore"
    visitor.look("success-desk")
    page.get_by_role("link", name="Receipt").click()
    page.get_by_role("heading", name="Paid, and in your wallet").wait_for()
    visitor.look("receipt-desk")
    page.get_by_role("main").get_by_role("button", name="Open your wallet").click()
    page.get_by_role("heading", name="Your wallet").wait_for()
    assert balance(page) == "250"
    visitor.look("wallet-desk")
    assert Purchase.objects.get(buyer=alice).status == PurchaseStatus.SETTLED


def test_the_balance_arrives_without_reloading_when_the_webhook_and_stripe_are_late(visitor, alice, shop):
    page = visitor.page
    visitor.sign_in_quietly(alice)
    page.goto("/buy-tokens")
    choose(page)
    fill_card(page, PAYS)
    shop.stripe.hold()
    shop.stripe.fail_next(1000, method="GET", path="/v1/checkout/*")
    pay(page)
    page.get_by_role("heading", name="Adding your tokens").wait_for()
    page.evaluate("window.notReloaded = true")
    visitor.look("progress-desk")

    shop.stripe.release()
    page.get_by_role("heading", name="Thank you: your tokens are here").wait_for()
    assert page.evaluate("window.notReloaded") is True
    assert balance(page) == "250"
    assert page.title() == "Thank you: your tokens are here · Tokens"
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2 * PROGRESS_POLL_MILLISECONDS)
    assert asked == [], "the page goes on asking"


def test_a_lost_webhook_is_made_up_for_while_the_buyer_waits(visitor, alice, shop):
    page = visitor.page
    visitor.sign_in_quietly(alice)
    page.goto("/buy-tokens")
    choose(page)
    fill_card(page, PAYS)
    shop.stripe.hold()
    pay(page)
    page.get_by_role("heading", name="Thank you: your tokens are here").wait_for()
    assert balance(page) == "250"
    shop.stripe.release()
    shop.stripe.wait_until_idle()
    assert shop.wallet().balance == 250


def test_a_declined_card_can_be_followed_by_one_that_pays(visit, alice, shop):
    with visit(phone=True) as visitor:
        page = visitor.page
        visitor.sign_in_quietly(alice)
        page.goto("/buy-tokens")
        choose(page)
        fill_card(page, DECLINED)
        pay(page)
        page.get_by_text("Nothing was charged.").wait_for()
        assert shop.wallet().balance == 0

        fill_card(page, PAYS)
        pay(page)
        page.get_by_role("heading", name="Thank you: your tokens are here").wait_for()
        assert balance(page) == "250"
        visitor.look("success-phone")


def test_leaving_the_payment_and_canceling_charges_nothing(visitor, alice, shop):
    page = visitor.page
    visitor.sign_in_quietly(alice)
    page.goto("/buy-tokens")
    choose(page)
    page.get_by_role("link", name="Back").click()
    page.get_by_role("heading", name="You left the payment page").wait_for()
    visitor.look("cancel-desk")
    assert Purchase.objects.get().status == PurchaseStatus.OPEN

    page.get_by_role("button", name="Cancel the purchase").click()
    page.get_by_role("heading", name="This purchase was canceled").wait_for()
    visitor.look("canceled-desk")
    assert Purchase.objects.get().status == PurchaseStatus.CANCELED
    assert shop.wallet().balance == 0


def test_leaving_the_payment_and_going_on_pays(visitor, alice, shop):
    page = visitor.page
    visitor.sign_in_quietly(alice)
    page.goto("/buy-tokens")
    choose(page)
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Continue to payment").click()
    fill_card(page, PAYS)
    pay(page)
    page.get_by_role("heading", name="Thank you: your tokens are here").wait_for()


def test_a_session_that_ran_out_is_told_on_every_page(visitor, alice, shop):
    page = visitor.page
    visitor.sign_in_quietly(alice)
    purchase = shop.start("alice")
    shop.stripe.advance_clock(SESSION_LIFETIME.total_seconds() + 60)
    shop.stripe.wait_until_idle()
    sweeps.sweep_purchases(now=timezone.now() + 2 * SESSION_LIFETIME)
    purchase.refresh_from_db()
    assert purchase.status == PurchaseStatus.EXPIRED

    visitor.open(f"/purchases/{purchase.id}")
    page.get_by_role("heading", name="This purchase has expired").wait_for()
    visitor.look("expired-desk")
    page.goto(purchase.checkout_url)
    page.get_by_role("heading", name="This checkout session has expired").wait_for()
    page.get_by_role("button", name="Back to the shop").or_(
        page.get_by_role("link", name="Back to the shop")
    ).click()
    page.get_by_role("heading", name="This purchase has expired").wait_for()


def test_without_javascript_a_person_buys_all_the_same(visit, alice, shop):
    with visit(javascript=False) as visitor:
        page = visitor.page
        sign_in_to_buy(page)
        choose(page)
        fill_card(page, PAYS)
        shop.stripe.hold()
        shop.stripe.fail_next(1000, method="GET", path="/v1/checkout/*")
        pay(page)
        page.get_by_role("heading", name="Adding your tokens").wait_for()
        shop.stripe.release()
        page.get_by_role(
            "heading", name="Thank you: your tokens are here"
        ).wait_for()  # the page reloaded itself
        assert balance(page) == "250"


def test_a_second_press_of_the_button_buys_once(visitor, alice, shop):
    page = visitor.page
    visitor.sign_in_quietly(alice)
    page.goto("/buy-tokens")
    page.get_by_role("button", name="Buy for $14.99").dblclick()
    page.get_by_role("heading", name="Pay by card").wait_for()
    assert Purchase.objects.count() == 1


def test_the_keyboard_alone_signs_in_and_starts_a_purchase(visitor, alice, shop):
    page = visitor.page
    page.goto("/accounts/login/?next=/buy-tokens")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, "id_login")
    page.keyboard.type("alice@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/buy-tokens")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Buy for $14.99":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
    assert outline not in {"", "none"}, "the focused button shows nothing"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pay by card").wait_for()


def tab_to(page, element_id):
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element_id:
            return
    raise AssertionError(f"Tab does not lead to {element_id}")
