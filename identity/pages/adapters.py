"""How allauth's sign-up pages make accounts: through our service, so that each has what belongs to it."""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from identity.errors import EmailTaken
from identity.models import User
from identity.pages.sign_in import attempted_from
from identity.services import accounts, devices


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Sign-up by e-mail address and password, and whom allauth's limits count."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The same address that every limit counts by; allauth's own reading errs where a proxy is missing."""
        return attempted_from(request)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign them in here, and out where they were longest ago if they are on very many devices."""
        devices.make_room(user_id=user.id)
        super().login(request, user)

    def save_user(self, request: HttpRequest, user: User, form: forms.Form, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - allauth's signature
        """Fill in the user from the form and open their account."""
        super().save_user(request, user, form, commit=False)
        return _open(user) if commit else user


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Sign-up with a provider such as Google."""

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Where a provider is not set up, its pages do not exist; allauth alone would err."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: forms.Form | None = None
    ) -> User:
        """Open the account and connect the provider to it, both or neither."""
        with transaction.atomic():
            if (
                form is None
            ):  # the provider has told enough: no form was shown, and nothing else saves the user
                sociallogin.user.set_unusable_password()
                _open(sociallogin.user)
            saved: User = super().save_user(request, sociallogin, form)
        return saved


def _open(user: User) -> User:
    user.id = uuid.UUID(str(user.id))  # a sign-up that waited in the session carries it as text
    try:
        return accounts.open_account(user=user, now=timezone.now())
    except EmailTaken as refusal:  # the form had found the address free: two sign-ups with it have met
        raise ImmediateHttpResponse(redirect("account_login")) from refusal
