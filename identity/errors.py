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


class SignInLocked(Refusal):
    """Too many wrong passwords for one account from one address: there, it waits."""

    code = "sign_in_locked"
    status = 429
    title = "There were too many attempts to sign in to this account from where you are."


class EmailTaken(Refusal):
    """Another account has this e-mail address."""

    code = "email_taken"
    status = 409
    title = "There is already an account with this e-mail address."


class InvalidApiKey(Refusal):
    """There is no such key, or it was revoked."""

    code = "invalid_api_key"
    status = 401
    title = "The API key is not valid."


class ApiKeyRevoked(Refusal):
    """The key opens nothing already."""

    code = "api_key_revoked"
    status = 409
    title = "This key was already revoked."


class InvalidServiceName(Refusal):
    """A service's name is not one."""

    code = "invalid_service_name"
    status = 400
    title = "A service's name has 1 to 64 lower-case letters, digits, dots, - and _."


class ActionNotAllowed(Refusal):
    """Whoever acts does not have the right to, or has it no longer."""

    code = "action_not_allowed"
    status = 403
    title = "You do not have the right to do this."


class RightsMissing(Refusal):
    """A role is to have a right that the database knows nothing of yet."""

    code = "rights_missing"
    status = 409
    title = "The roles' rights are not all there yet."


class ApprovalNeeded(Refusal):
    """More than one person moves alone. Members: `amount` and `alone_max`."""

    code = "approval_needed"
    status = 409
    title = "This needs a second person: propose it."


class MakerIsChecker(Refusal):
    """Nobody approves or rejects what they proposed themselves, superusers included."""

    code = "maker_is_checker"
    status = 403
    title = "Somebody else has to decide about what you proposed."


class ReasonMissing(Refusal):
    """Staff say why."""

    code = "reason_missing"
    status = 400
    title = "Please give a reason."


class UserNotFound(Refusal):
    """No customer has this Firebase uid or user id."""

    code = "user_not_found"
    status = 404
    title = "There is no such user."


# What a customer's credentials can meet at any call of the API.
SIGN_IN_REFUSALS: tuple[type[Refusal], ...] = (InvalidToken, AccountDisabled, IdentityUnavailable)
# What a service's key can meet at any call of the API.
API_KEY_REFUSALS: tuple[type[Refusal], ...] = (InvalidApiKey,)
