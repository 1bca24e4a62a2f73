"""Every way identity says no."""

from foundation.errors import Refusal


class InvalidToken(Refusal):
    """The bearer token is malformed, expired, not signed by Google, or for another project."""

    code = "invalid_token"
    status = 401
    title = "The sign-in token is not valid."


class IdentityUnavailable(Refusal):
    """Google cannot be asked just now; the same request may succeed later."""

    code = "identity_unavailable"
    status = 503
    title = "Sign-ins cannot be checked at the moment."


class AccountDisabled(Refusal):
    """Staff have disabled this account."""

    code = "account_disabled"
    status = 403
    title = "This account is disabled."


class EmailTaken(Refusal):
    """Another account has this e-mail address."""

    code = "email_taken"
    status = 409
    title = "There is already an account with this e-mail address."


# What a customer's credentials can meet at any call of the API.
SIGN_IN_REFUSALS: tuple[type[Refusal], ...] = (InvalidToken, AccountDisabled, IdentityUnavailable)
