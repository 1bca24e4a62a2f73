"""What django-axes asks us about attempts to sign in: whose account, from where, and what to answer at a lock."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from foundation.client_address import client_address
from foundation.pages import refusal_page
from identity.errors import SignInLocked
from identity.limits import SIGN_IN_REST

NOWHERE = "::"  # a connection without an address, such as a unix socket's: all of them are counted as one


def attempted_account(_request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The account that somebody tries to get into: an address by any spelling is one account."""
    return str((credentials or {}).get("email") or "").strip().lower()


def attempted_from(request: HttpRequest) -> str:
    """Where the attempt comes from."""
    return client_address(request) or NOWHERE


def locked_out(
    request: HttpRequest, _response: HttpResponseBase | None, _credentials: Mapping[str, Any] | None
) -> HttpResponse:
    """The page that says when to try again."""
    return refusal_page(request, SignInLocked(retry_after_seconds=int(SIGN_IN_REST.total_seconds())))
