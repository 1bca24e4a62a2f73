"""Sign-in, and what people do with their accounts: allauth's pages, each about whoever is signed in."""

from tests.permissions.table import (
    NOT_ALLOWED,
    SIGN_IN,
    Row,
    Table,
    everybody,
    signed_in,
    signed_out,
)

WALLET = "→ /wallet"
SET_PASSWORD = "→ /accounts/password/set/"
PAGE_OF_WHO_IS_SIGNED_IN = Row(get=signed_in(200), post=signed_in(200))
FOR_VISITORS = Row(get=signed_out(200, others=WALLET), post=signed_out(200, others=WALLET))
# They go on from an earlier step of a sign-in, which none of the five has made.
WITHOUT_A_FIRST_STEP = Row(get=signed_out(SIGN_IN, others=WALLET), post=signed_out(SIGN_IN, others=WALLET))
NO_PASSWORD_TO_ASK_FOR = Row(get=signed_in(403), post=signed_in(403))
NO_SECOND_FACTOR_YET = Row(get=signed_in(404), post=signed_in(404))
PLAIN_PAGE = Row(get=everybody(200), post=NOT_ALLOWED)
NO_SUCH_PAGE = Row(get=everybody(404), post=everybody(404))


def moved(to: str) -> Row:
    return Row(get=everybody(f"→ {to}"), post=everybody(f"→ {to}"))


ACCOUNTS: Table = {
    "accounts/login/": FOR_VISITORS,
    "accounts/signup/": FOR_VISITORS,
    "accounts/logout/": Row(get=signed_in(200, nobody="→ /"), post=everybody("→ /")),
    "accounts/inactive/": PLAIN_PAGE,
    "accounts/reauthenticate/": NO_PASSWORD_TO_ASK_FOR,
    "accounts/login/code/confirm/": WITHOUT_A_FIRST_STEP,
    "accounts/email/": Row(get=signed_in(200), post=signed_in("→ /accounts/email/")),
    "accounts/confirm-email/": PLAIN_PAGE,
    # The page says that the link is not good.
    "accounts/confirm-email/<key>/": Row(
        at="accounts/confirm-email/none:such/", get=everybody(200), post=everybody(404)
    ),
    "accounts/password/change/": Row(get=signed_in(SET_PASSWORD), post=signed_in(SET_PASSWORD)),
    "accounts/password/set/": PAGE_OF_WHO_IS_SIGNED_IN,
    "accounts/password/reset/": Row(get=everybody(200), post=everybody(200)),
    "accounts/password/reset/done/": PLAIN_PAGE,
    "accounts/password/reset/key/<uidb36>-<key>/": Row(
        at="accounts/password/reset/key/1-none-such/", get=everybody(200), post=everybody(200)
    ),
    "accounts/password/reset/key/done/": PLAIN_PAGE,
    "accounts/2fa/": Row(get=signed_in(200), post=signed_in(405)),
    "accounts/2fa/authenticate/": WITHOUT_A_FIRST_STEP,
    "accounts/2fa/reauthenticate/": NO_PASSWORD_TO_ASK_FOR,
    "accounts/2fa/totp/activate/": PAGE_OF_WHO_IS_SIGNED_IN,
    "accounts/2fa/totp/deactivate/": NO_SECOND_FACTOR_YET,
    "accounts/2fa/recovery-codes/": Row(get=signed_in(404), post=signed_in(405)),
    "accounts/2fa/recovery-codes/generate/": PAGE_OF_WHO_IS_SIGNED_IN,
    "accounts/2fa/recovery-codes/download/": NO_SECOND_FACTOR_YET,
    "accounts/sessions/": Row(get=signed_in(200), post=signed_in("→ /accounts/sessions/")),
    "accounts/3rdparty/": PAGE_OF_WHO_IS_SIGNED_IN,
    "accounts/3rdparty/login/cancelled/": PLAIN_PAGE,
    "accounts/3rdparty/login/error/": Row(get=everybody(401), post=NOT_ALLOWED),
    "accounts/3rdparty/signup/": Row(get=everybody(SIGN_IN), post=everybody(SIGN_IN)),
    "accounts/social/login/cancelled/": moved("/accounts/3rdparty/login/cancelled/"),
    "accounts/social/login/error/": moved("/accounts/3rdparty/login/error/"),
    "accounts/social/signup/": moved("/accounts/3rdparty/signup/"),
    "accounts/social/connections/": moved("/accounts/3rdparty/"),
    # The tests' installation has no client at Google.
    "accounts/google/login/": NO_SUCH_PAGE,
    "accounts/google/login/callback/": NO_SUCH_PAGE,
    "accounts/google/login/token/": NO_SUCH_PAGE,
}
