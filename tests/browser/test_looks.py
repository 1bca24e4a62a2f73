import pytest

from payments.kinds import PurchaseStatus
from payments.models import Purchase
from tests.support.lifetimes import publish_lasting

SIGNED_OUT = {
    "landing": "/",
    "packages": "/buy-tokens",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "password-reset": "/accounts/password/reset/",
    "password-reset-sent": "/accounts/password/reset/done/",
    "password-reset-link-spent": "/accounts/password/reset/key/1-spent/",
    "e-mail-to-confirm": "/accounts/confirm-email/",
    "e-mail-link-spent": "/accounts/confirm-email/spent/",
    "account-inactive": "/accounts/inactive/",
    "google-cancelled": "/accounts/3rdparty/login/cancelled/",
}
SIGNED_IN = {
    "landing-signed-in": "/",
    "packages-signed-in": "/buy-tokens",
    "wallet-empty": "/wallet",
    "sign-out": "/accounts/logout/",
    "e-mail-addresses": "/accounts/email/",
    "password-change": "/accounts/password/change/",
    "two-step": "/accounts/2fa/",
    "connected-accounts": "/accounts/3rdparty/",
}
WINDOWS = {
    "desk": {},
    "phone": {"phone": True},
    "dark": {"dark": True},
    "dark-phone": {"dark": True, "phone": True},
}


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_of_a_signed_out_visitor_is_accessible_and_fits(visit, shop, window):
    with visit(**WINDOWS[window]) as visitor:
        for name, path in SIGNED_OUT.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")
        visitor.open("/accounts/3rdparty/login/error/", status=401)
        visitor.look(f"google-failed-{window}")
        visitor.open("/nothing-here", status=404)
        visitor.look(f"not-found-{window}")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_of_a_signed_in_customer_is_accessible_and_fits(visit, alice, window):
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(alice)
        for name, path in SIGNED_IN.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_of_a_customer_with_purchases_is_accessible_and_fits(visit, alice, shop, window):
    publish_lasting(90, code="premium")
    paid, waiting = shop.buy("alice", "premium"), shop.start("alice", "premium")
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(alice)
        for name, path in {
            "landing-with-balance": "/",
            "packages-lasting": "/buy-tokens",
            "wallet": "/wallet",
            "success": f"/checkout/success?session_id={paid.stripe_session_id}",
            "progress": f"/checkout/success?session_id={waiting.stripe_session_id}",
            "progress-long": f"/checkout/success?session_id={waiting.stripe_session_id}&since=1",
            "cancel": f"/checkout/cancel?purchase={waiting.id}",
            "purchase-settled": f"/purchases/{paid.id}",
            "purchase-open": f"/purchases/{waiting.id}",
        }.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")
        for status in sorted(set(PurchaseStatus) - {PurchaseStatus.SETTLED, PurchaseStatus.OPEN}):
            Purchase.objects.filter(id=waiting.id).update(status=status, quarantine_reason="amount_differs")
            visitor.open(f"/purchases/{waiting.id}")
            visitor.look(f"purchase-{status.value}-{window}")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_of_a_customer_whose_money_went_back_is_accessible_and_fits(visit, alice, shop, window):
    partly, fully, disputed, lost = (
        shop.buy("alice", package) for package in ("basic", "premium", "pro", "starter")
    )
    shop.stripe.refund(partly.stripe_payment_intent_id, 500)
    shop.stripe.refund(fully.stripe_payment_intent_id)
    shop.stripe.dispute(disputed.stripe_payment_intent_id)
    shop.stripe.move_dispute(shop.stripe.dispute(lost.stripe_payment_intent_id)["id"], "lose")
    shop.stripe.wait_until_idle(ignore_retries=True)
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(alice)
        for name, path in {
            "wallet-paused": "/wallet",
            "statement": "/wallet/statement",
            "purchase-partly-returned": f"/purchases/{partly.id}",
            "purchase-returned": f"/purchases/{fully.id}",
            "purchase-disputed": f"/purchases/{disputed.id}",
            "purchase-lost": f"/purchases/{lost.id}",
        }.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")


@pytest.mark.parametrize("window", WINDOWS)
def test_the_pages_for_what_goes_wrong_are_accessible_and_fit(visit, site_url, alice, shop, window, settings):
    shop.stripe.fail_next(1000, path="/v1/checkout/*")
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(alice)
        visitor.open("/buy-tokens")
        visitor.expect_failure("/buy-tokens")
        visitor.page.get_by_role("button", name="Buy for $14.99").click()
        visitor.page.get_by_role("alert").wait_for()
        visitor.look(f"packages-refused-{window}")
        visitor.open("/purchases/00000000-0000-7000-8000-000000000000", status=404)
        visitor.look(f"refusal-{window}")
        visitor.open("/wallet?before=nonsense", status=400)
        visitor.look(f"bad-request-{window}")
        visitor.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
        visitor.open("/accounts/logout/")
        visitor.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
        visitor.expect_failure("/accounts/logout/")
        visitor.page.get_by_role("main").get_by_role("button", name="Sign out").click()
        visitor.page.get_by_role("heading", name="Please send that form again").wait_for()
        visitor.look(f"csrf-{window}")
        settings.ROOT_URLCONF = "tests.support.failing_urls"
        visitor.open("/fails/database", status=503)
        visitor.look(f"outage-{window}")
        visitor.open("/fails/bug", status=500)
        visitor.look(f"bug-{window}")
