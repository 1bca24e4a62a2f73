import pytest

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
def test_every_page_of_a_signed_out_visitor_is_accessible_and_fits(visit, packages, window):
    with visit(**WINDOWS[window]) as visitor:
        for name, path in SIGNED_OUT.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")
        visitor.open("/accounts/3rdparty/login/error/", status=401)
        visitor.look(f"google-failed-{window}")
        visitor.open("/nothing-here", status=404)
        visitor.look(f"not-found-{window}")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_of_a_signed_in_customer_is_accessible_and_fits(visit, packages, alice, window):
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(alice)
        for name, path in SIGNED_IN.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")
