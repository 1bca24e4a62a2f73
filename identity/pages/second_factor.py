"""The second factor: setting it up, and how often its code may be guessed."""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context, ratelimit
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django import forms
from django.http import HttpResponse

if TYPE_CHECKING:
    AnyCodeForm = forms.Form
else:
    AnyCodeForm = object

GUESSES = "second_factor"  # the limit's name in ACCOUNT_RATE_LIMITS


class SetSecondFactorUp(ActivateTOTPView):  # type: ignore[misc] # allauth is untyped
    """allauth's page for an authenticator app."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The code that was typed just now shows the factor for this session, so that no other is asked for."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(
            self.request, self.request.user, method="mfa", type=Authenticator.Type.TOTP.value
        )
        return response


class CountedGuesses(AnyCodeForm):
    """Counts a person's guesses wherever they come from: only who knows the password gets as far as this."""

    user: Any

    def clean_code(self) -> str:
        """Look at no code beyond the limit."""
        whose = str(self.user.pk)
        if not ratelimit.consume(context.request, action=GUESSES, key=whose):
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()  # type: ignore[misc] # allauth's form is beside this one
        ratelimit.clear(context.request, action=GUESSES, key=whose)
        return code


class CodeForm(CountedGuesses, AuthenticateForm):  # type: ignore[misc] # allauth is untyped
    """The code that a sign-in asks for."""


class CodeAgainForm(CountedGuesses, ReauthenticateForm):  # type: ignore[misc] # allauth is untyped
    """The code that is asked for again before something grave."""
