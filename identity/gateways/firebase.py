"""Firebase Authentication: the only place that talks to it.

Verifying a token needs Google's public certificates only, so it works without credentials of our own;
setting a claim needs the service account that the environment provides (application default credentials).
"""

import functools
import json
import os
from collections.abc import Mapping

import firebase_admin
import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from firebase_admin import auth, credentials, exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError

from identity import limits
from identity.errors import IdentityUnavailable, InvalidToken
from identity.kinds import FirebaseClaims

EMULATOR_VARIABLE = "FIREBASE_AUTH_EMULATOR_HOST"
SIGN_IN_URL = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
WALLET_CLAIM = "wallet_id"
STAFF_CLAIM = "staff"


def verify_id_token(token: str) -> FirebaseClaims:
    """Make sure that Google signed this ID token for our project and that it has not expired.

    Revocation is not checked: that would be a call to Google per request, and an ID token lives for an hour.

    :raises InvalidToken: `invalid_token`.
    :raises IdentityUnavailable: `identity_unavailable`, when Google's certificates cannot be had.
    """
    if len(token) > limits.ID_TOKEN_LENGTH_MAX:
        raise InvalidToken("The token is too long.")
    client = _verifying_client(settings.GOOGLE_CLOUD_PROJECT, _emulator_host())
    try:
        claims = client.verify_id_token(token, clock_skew_seconds=limits.ID_TOKEN_CLOCK_SKEW_SECONDS)
    except auth.CertificateFetchError as error:
        raise IdentityUnavailable from error
    except auth.InvalidIdTokenError as error:
        if isinstance(
            error.cause, json.JSONDecodeError
        ):  # Google's certificates were unreadable, not the token
            raise IdentityUnavailable from error
        raise InvalidToken from error
    except (ValueError, TypeError, AttributeError) as error:  # the SDK stumbles over some malformed tokens
        raise InvalidToken from error
    return _read(claims)


def set_claims(*, uid: str, claims: Mapping[str, object]) -> None:
    """Give the bearer of `uid` these custom claims, take those that are None, and leave their others alone.

    A uid that Firebase no longer knows needs no claim. Tokens that are issued from then on carry the claims.

    :raises IdentityUnavailable: `identity_unavailable`, when Firebase does not answer or does not obey.
    """
    try:
        client = _managing_client(settings.GOOGLE_CLOUD_PROJECT, _emulator_host())
        known = client.get_user(uid).custom_claims or {}
        wanted = {name: value for name, value in {**known, **claims}.items() if value is not None}
        if wanted != known:
            client.set_custom_user_claims(uid, wanted)
    except auth.UserNotFoundError:
        return
    except (exceptions.FirebaseError, GoogleAuthError, OSError, ValueError) as error:
        raise IdentityUnavailable from error


def sign_in_as(uid: str, *, api_key: str) -> str:
    """Sign in as `uid`, as a customer's app does with a custom token; answer the ID token.

    :raises IdentityUnavailable: `identity_unavailable`, when Firebase does not answer or does not obey.
    """
    try:
        custom = _managing_client(settings.GOOGLE_CLOUD_PROJECT, _emulator_host()).create_custom_token(uid)
        answer = requests.post(
            SIGN_IN_URL,
            json={"token": custom.decode(), "returnSecureToken": True},
            headers={"X-Goog-Api-Key": api_key},
            timeout=limits.FIREBASE_TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        return str(answer.json()["idToken"])
    except (exceptions.FirebaseError, GoogleAuthError, OSError, ValueError, KeyError) as error:
        raise IdentityUnavailable from error


def _emulator_host() -> str:
    """The emulator that the SDK would use, whose tokens are unsigned: refused where real people are."""
    host = os.environ.get(EMULATOR_VARIABLE, "")
    if host and not (settings.DEBUG or settings.SANDBOX):
        raise IdentityUnavailable(f"{EMULATOR_VARIABLE} is set, and this is no sandbox.")
    return host


@functools.cache
def _verifying_client(project: str, emulator_host: str) -> auth.Client:
    """One per process and configuration: it keeps Google's certificates for as long as they are valid."""
    return _client(project, f"verify {project} {emulator_host}", AnonymousCredentials())  # type: ignore[no-untyped-call]


@functools.cache
def _managing_client(project: str, emulator_host: str) -> auth.Client:
    return _client(project, f"manage {project} {emulator_host}", credentials.ApplicationDefault())


def _client(project: str, name: str, credential: AnonymousCredentials | credentials.Base) -> auth.Client:
    options = {"projectId": project, "httpTimeout": limits.FIREBASE_TIMEOUT_SECONDS}
    try:
        app = firebase_admin.get_app(name)
    except ValueError:
        app = firebase_admin.initialize_app(credential, options, name)
    return auth.Client(app)


def _read(claims: dict[str, object]) -> FirebaseClaims:
    """Keep what we use, in our own form: a token's text is whatever its owner typed at Google."""
    uid = str(claims["uid"])
    if not uid.isprintable() or "/" in uid:  # the uid is the name of a Firestore document
        raise InvalidToken("The token's subject cannot be used here.")
    name = claims.get("name")
    wallet_id = claims.get(WALLET_CLAIM)
    return FirebaseClaims(
        uid=uid,
        email=_email(claims.get("email")),
        email_verified=claims.get("email_verified") is True,
        display_name=_printable(name)[: limits.DISPLAY_NAME_LENGTH_MAX] if isinstance(name, str) else "",
        wallet_id=wallet_id if isinstance(wallet_id, str) else "",
    )


def _email(value: object) -> str | None:
    """The address in lower case, or None where it is no address that we could store or write to."""
    if not isinstance(value, str):
        return None
    address = value.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
