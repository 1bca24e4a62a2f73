"""How API callers prove who they are."""

from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from identity.errors import InvalidApiKey, InvalidToken
from identity.gateways import firebase
from identity.kinds import ServiceCaller
from identity.models import User
from identity.services import accounts, api_keys


class FirebaseAuthentication(authentication.BaseAuthentication):
    """A Firebase ID token as a bearer token: `Authorization: Bearer …`.

    The first sight of a uid opens an account. It comes first among the authenticators, so that its header
    makes the answer to a caller without credentials 401, not 403.
    """

    scheme = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The token's account; None where the request carries no bearer token.

        :raises AuthenticationFailed: `invalid_token`.
        :raises IdentityUnavailable: `identity_unavailable`.
        :raises AccountDisabled: `account_disabled`.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        try:
            claims = firebase.verify_id_token(token.strip())
        except InvalidToken as refusal:  # DRF's own error, so that the answer names the scheme to use
            raise exceptions.AuthenticationFailed(refusal.detail, code=refusal.code) from refusal
        return accounts.open_account_for_firebase(claims=claims, now=timezone.now()), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """What WWW-Authenticate says in a 401."""
        return f'{self.scheme} realm="api"'


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """A service's key: `Authorization: Api-Key …`."""

    scheme = "Api-Key"

    def authenticate(self, request: Request) -> tuple[ServiceCaller, None] | None:
        """The key's service; None where the request carries no key.

        :raises AuthenticationFailed: `invalid_api_key`.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        try:
            return api_keys.authenticate(key.strip(), now=timezone.now()), None
        except InvalidApiKey as refusal:  # DRF's own error, so that the answer names the scheme to use
            raise exceptions.AuthenticationFailed(refusal.detail, code=refusal.code) from refusal


class SessionAuthentication(authentication.SessionAuthentication):
    """The site's session cookie, with CSRF protection."""

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """A caller without a session is told 401, not 403, wherever this authenticator is the first."""
        return 'Session realm="api"'
